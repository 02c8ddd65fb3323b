"""The steps of a job, taken back in reverse."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction

from cloudportal.core import clock
from cloudportal.core.driver_errors import Retryable
from cloudportal.jobs import failpoints
from cloudportal.jobs.forward import BACKOFF_SECONDS, Parked
from cloudportal.jobs.models import Job, JobStep
from cloudportal.jobs.reasons import reason_of
from cloudportal.jobs.run import Run
from cloudportal.jobs.workflow import Step, Workflow

UNDO_TRIES = 5
BEGUN = (JobStep.State.RUNNING, JobStep.State.DONE, JobStep.State.FAILED)


def go_backward(run: Run[Any], workflow: Workflow) -> None:
    """Undo every step that was begun, the last one first.

    An undo that keeps failing is logged and passed over: the others still run, and the reconciler
    finds what stayed behind.

    Raises:
        Parked: an undo will be tried again later.
    """
    rows = list(run.job.steps.all())
    for step, row in reversed(list(zip(workflow.steps, rows, strict=True))):
        if row.state in BEGUN:
            _take_back(run, step, row)


def _take_back(run: Run[Any], step: Step, row: JobStep) -> None:
    run.begin(row)
    point = f"{run.job.kind}/{step.name}"
    failpoints.reach(f"{point}/undo")
    if step.undo_function is not None:
        run.checkpoint()
        try:
            step.undo_function(run)
        except Exception as error:
            _undo_failed(run, row, error)
    with transaction.atomic():
        run.lease.write()
        if row.state != JobStep.State.FAILED:
            row.state = JobStep.State.UNDONE
        else:
            # A failed step keeps its state and message, which tell the user why; this marks it taken back.
            row.reference |= {"undone": True}
        row.save(update_fields=["state", "reference"])
        run.announce()
    failpoints.reach(f"{point}/undone")


def _undo_failed(run: Run[Any], row: JobStep, error: Exception) -> None:
    failures = run.reference.get("undo_failures", 0) + 1
    run.record(undo_failures=failures)
    run.log(f"Taking back “{row.title}”: {reason_of(error).message}", "error")
    if isinstance(error, Retryable) and failures < UNDO_TRIES:
        run_after = clock.now() + timedelta(seconds=BACKOFF_SECONDS[min(failures, len(BACKOFF_SECONDS)) - 1])
        run.lease.release(state=Job.State.WAITING, run_after=run_after, message=f"Taking back: {row.title}"[:255])
        raise Parked

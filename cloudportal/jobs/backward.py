"""The steps of a job, taken back in reverse."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings

from cloudportal.core.clock import WallClock
from cloudportal.core.driver_errors import Retryable
from cloudportal.jobs import failpoints
from cloudportal.jobs.forward import Parked, backoff_seconds
from cloudportal.jobs.lease import LeaseLost
from cloudportal.jobs.models import Job, JobStep
from cloudportal.jobs.reasons import reason_of
from cloudportal.jobs.run import Run
from cloudportal.jobs.workflow import Step, Workflow

UNDO_TRIES = 5
BEGUN = (JobStep.State.RUNNING, JobStep.State.DONE, JobStep.State.FAILED)


def go_backward(run: Run[Any], workflow: Workflow) -> None:
    """Undo every step that was begun, the last one first.

    An undo that keeps failing, or kills its workers, is logged and passed over: the others still run, and the
    reconciler finds what stayed behind.

    Raises:
        Parked: an undo will be tried again later.
    """
    rows = list(run.job.steps.all())
    for step, row in reversed(list(zip(workflow.steps, rows, strict=True))):
        if row.state in BEGUN and not row.reference.get("undone"):
            _take_back(run, step, row)


def _take_back(run: Run[Any], step: Step, row: JobStep) -> None:
    point = f"{run.job.kind}/{step.name}"
    begun = row.reference.get("undo_begun", 0)
    deaths = begun - row.reference.get("undo_failures", 0)
    run.mark(row, row.state, words=row.message, undo_begun=begun + 1)
    if deaths >= settings.JOB_CRASH_LIMIT:
        run.log(f"Taking back “{row.title}”: passed over, since the worker died too often while doing it.", "error")
    else:
        failpoints.reach(f"{point}/undo")
        _undo(run, step, row)
    # A failed step keeps its state and message, which tell the user why.
    failed = row.state == JobStep.State.FAILED
    run.mark(row, JobStep.State.FAILED if failed else JobStep.State.UNDONE, words=row.message, undone=True)
    failpoints.reach(f"{point}/undone")


def _undo(run: Run[Any], step: Step, row: JobStep) -> None:
    if step.undo_function is None:
        return
    try:
        step.undo_function(run)
    except LeaseLost:
        raise
    except Exception as error:
        _undo_failed(run, row, error)


def _undo_failed(run: Run[Any], row: JobStep, error: Exception) -> None:
    failures = run.reference.get("undo_failures", 0) + 1
    run.record(undo_failures=failures)
    run.log_failure(f"Taking back “{row.title}”", reason_of(error))
    if isinstance(error, Retryable) and failures < UNDO_TRIES:
        run_after = WallClock() + timedelta(seconds=backoff_seconds(failures))
        run.lease.release(state=Job.State.WAITING, run_after=run_after, message=f"Taking back: {row.title}"[:255])
        raise Parked

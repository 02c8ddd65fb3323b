"""The steps of a job, onwards."""

from __future__ import annotations

import datetime as dt
from datetime import timedelta
from typing import Any

from django.db import transaction

from cloudportal.core import clock
from cloudportal.core.driver_errors import Fatal, Retryable
from cloudportal.jobs import failpoints
from cloudportal.jobs.models import Job, JobStep
from cloudportal.jobs.reasons import CANCELLED, Reason, reason_of
from cloudportal.jobs.run import CancelRequested, Run
from cloudportal.jobs.workflow import Step, Wait, Workflow

BACKOFF_SECONDS = (1, 2, 5, 10, 30)


class Parked(Exception):
    """The job waits without a worker; the sweeper brings it back."""


class TurnBack(Exception):
    """The job can't go on: take back what was done."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.message)
        self.reason = reason


def go_forward(run: Run[Any], workflow: Workflow) -> None:
    """Do the steps that are not done.

    Raises:
        Parked: a step waits, or will be tried again later.
        TurnBack: a step failed for good, or the user cancelled.
    """
    rows = list(run.job.steps.all())
    for position, (step, row) in enumerate(zip(workflow.steps, rows, strict=True)):
        if row.state != JobStep.State.DONE:
            _perform(run, step, row)
            run.progress(100 * (position + 1) // (len(rows) + 1))


def _perform(run: Run[Any], step: Step, row: JobStep) -> None:
    point = f"{run.job.kind}/{step.name}"
    failpoints.reach(f"{point}/before")
    try:
        run.checkpoint()
        _mark(run, row, JobStep.State.RUNNING, tries=row.tries + 1, started_at=row.started_at or clock.now())
        run.begin(row)
        failpoints.reach(f"{point}/begun")
        answer = step.do(run)
        failpoints.reach(f"{point}/acted")
    except CancelRequested:
        raise TurnBack(CANCELLED) from None
    except Retryable as error:
        _try_again(run, step, row, error)
    except Exception as error:
        raise _failed(run, row, error) from error
    if isinstance(answer, Wait):
        _wait(run, step, row, answer)
    _mark(run, row, JobStep.State.DONE, message="", finished_at=clock.now())
    failpoints.reach(f"{point}/done")


def _mark(run: Run[Any], row: JobStep, state: str, **values: Any) -> None:
    """Write a step's state, with the lease renewed in the same transaction so that a fenced worker can't write it."""
    row.state = state
    for name, value in values.items():
        setattr(row, name, value)
    with transaction.atomic():
        run.lease.write()
        row.save(update_fields=["state", *values])
        run.announce()


def _failed(run: Run[Any], row: JobStep, error: Exception) -> TurnBack:
    reason = reason_of(error)
    _mark(run, row, JobStep.State.FAILED, message=reason.message, finished_at=clock.now())
    run.log(f"{row.title}: {reason.message}", "error")
    return TurnBack(reason)


def _try_again(run: Run[Any], step: Step, row: JobStep, error: Retryable) -> None:
    failures = run.reference.get("failures", 0) + 1
    if failures >= step.tries or _is_late(step, row):
        raise _failed(run, row, error)
    run.record(failures=failures)
    run.log(f"{row.title}: {reason_of(error).message} Trying again.", "warning")
    _park(run, BACKOFF_SECONDS[min(failures, len(BACKOFF_SECONDS)) - 1], f"{row.title}: trying again")


def _wait(run: Run[Any], step: Step, row: JobStep, wait: Wait) -> None:
    if _is_late(step, row):
        late = Fatal(f"It took longer than {step.deadline_seconds:.0f} seconds.")
        raise _failed(run, row, late)
    if wait.progress is not None:
        run.progress(wait.progress, wait.message)
    _park(run, wait.seconds, wait.message)


def _is_late(step: Step, row: JobStep) -> bool:
    began: dt.datetime | None = row.started_at
    return began is not None and clock.now() - began > timedelta(seconds=step.deadline_seconds)


def _park(run: Run[Any], seconds: float, message: str) -> None:
    run_after = clock.now() + timedelta(seconds=seconds)
    with transaction.atomic():
        run.lease.release(state=Job.State.WAITING, run_after=run_after, message=message[:255])
        run.announce()
    raise Parked

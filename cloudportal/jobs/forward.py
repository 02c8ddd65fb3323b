"""The steps of a job, onwards."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, NoReturn

from django.db import OperationalError, transaction

from cloudportal.core import clock
from cloudportal.core.clock import WallClock
from cloudportal.core.driver_errors import Fatal, Retryable
from cloudportal.jobs import failpoints
from cloudportal.jobs.lease import CancelRequested, LeaseLost
from cloudportal.jobs.models import Job, JobLog, JobStep
from cloudportal.jobs.reasons import CANCELLED, Reason, reason_of
from cloudportal.jobs.run import Run, announce_job
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
            done = 100 * (position + 1) // (len(rows) + 1)
            run.mark(row, JobStep.State.DONE, progress=done)
            failpoints.reach(f"{run.job.kind}/{step.name}/done")


def _perform(run: Run[Any], step: Step, row: JobStep) -> None:
    point = f"{run.job.kind}/{step.name}"
    failpoints.reach(f"{point}/before")
    try:
        if run.mark(row, JobStep.State.RUNNING, tries=1):
            raise CancelRequested
        failpoints.reach(f"{point}/begun")
        answer = step.do(run)
        failpoints.reach(f"{point}/acted")
    except (LeaseLost, OperationalError):
        raise  # our own database, not the engine's answer: the next claim does the step again
    except CancelRequested:
        raise TurnBack(CANCELLED) from None
    except Retryable as error:
        _try_again(run, step, row, error)
    except Exception as error:
        raise _failed(run, row, error) from error
    else:
        if isinstance(answer, Wait):
            _wait(run, step, row, answer)


def _failed(run: Run[Any], row: JobStep, error: Exception) -> TurnBack:
    reason = reason_of(error)
    run.mark(row, JobStep.State.FAILED, words=reason.message)
    run.log_failure(row.title, reason)
    return TurnBack(reason)


def _try_again(run: Run[Any], step: Step, row: JobStep, error: Retryable) -> NoReturn:
    failures = run.reference.get("failures", 0) + 1
    if failures >= step.tries or _is_late(step, row):
        raise _failed(run, row, error)
    run.record(failures=failures)
    run.log_failure(row.title, reason_of(error), " Trying again.", JobLog.Level.WARNING)
    _park(run, backoff_seconds(failures), f"{row.title}: trying again")


def _wait(run: Run[Any], step: Step, row: JobStep, wait: Wait) -> NoReturn:
    if _is_late(step, row):
        late = Fatal(f"It took longer than {step.deadline_seconds:.0f} seconds.")
        raise _failed(run, row, late)
    _park(run, wait.seconds, wait.message)


def _is_late(step: Step, row: JobStep) -> bool:
    began = row.started_at
    return began is not None and clock.now() - began > timedelta(seconds=step.deadline_seconds)


def _park(run: Run[Any], seconds: float, message: str) -> NoReturn:
    with transaction.atomic():
        run.lease.release(
            state=Job.State.WAITING, run_after=WallClock() + timedelta(seconds=seconds), message=message[:255]
        )
        announce_job(run.job)
    raise Parked


def backoff_seconds(failures: int) -> int:
    """How long to wait after so many failures."""
    return BACKOFF_SECONDS[min(failures, len(BACKOFF_SECONDS)) - 1]

"""Running one job, from wherever an earlier attempt left it.

The rows say what is done: a step that is `done` is never repeated, one that is `running` was
interrupted and is done again, which is safe because steps are idempotent. Whatever dies between
two writes here, the next claim finds a state that it can go on from.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import structlog
from django.conf import settings
from django.db import OperationalError, connection, transaction

from cloudportal.core import events, origin
from cloudportal.core.clock import WallClock
from cloudportal.core.models import Event
from cloudportal.jobs import failpoints
from cloudportal.jobs.alerts import note_failure
from cloudportal.jobs.backward import go_backward
from cloudportal.jobs.canary import sing
from cloudportal.jobs.forward import Parked, TurnBack, go_forward
from cloudportal.jobs.heartbeat import Heartbeat
from cloudportal.jobs.lease import LeaseLost, claim
from cloudportal.jobs.models import Job
from cloudportal.jobs.reasons import Reason, reason_of
from cloudportal.jobs.run import Run, announce_job
from cloudportal.jobs.trail import Originator
from cloudportal.jobs.workflow import WORKFLOWS, Workflow

logger = structlog.get_logger(__name__)

# So many times the crashes after which a job is taken back: then that does not help either.
HOPELESS = 5


def run(job_id: int) -> None:
    """Work on a job until it is over, waits, or is somebody else's. A delivery too many finds nothing to claim."""
    sing()
    lease = claim(job_id)
    if lease is None:
        return
    job = Job.objects.get(pk=job_id)
    with (
        structlog.contextvars.bound_contextvars(job=str(job.uuid), kind=job.kind, request_id=job.request_id),
        origin.coming_from(origin.Origin.from_json({**job.origin, "request_id": job.request_id})),
        Heartbeat(lease) as heartbeat,
    ):
        try:
            if job.crashes >= HOPELESS * settings.JOB_CRASH_LIMIT:
                _abandon(Run(job, lease, heartbeat))
            else:
                _drive(Run(job, lease, heartbeat), WORKFLOWS[job.kind])
        except Parked:
            logger.debug("job parked")
        except LeaseLost:
            logger.warning("lease lost", attempt=lease.attempt)


def _drive(run: Run[Any], workflow: Workflow) -> None:
    if run.job.direction == Job.Direction.DO and run.job.crashes >= settings.JOB_CRASH_LIMIT:
        _turn(run, Reason("worker-died", "The worker died too often while doing this; what had been made was removed."))
    if run.job.direction == Job.Direction.DO:
        try:
            go_forward(run, workflow)
            _succeed(run, workflow)
            return
        except TurnBack as turn:
            _turn(run, turn.reason)
    go_backward(run, workflow)
    _fail(run, workflow)


def _turn(run: Run[Any], reason: Reason) -> None:
    """From here on the job goes backwards, whoever works on it."""
    run.lease.write(direction=Job.Direction.UNDO, error_code=reason.code, error=reason.message)
    run.job.refresh_from_db()
    failpoints.reach(f"{run.job.kind}/turned")


def _succeed(run: Run[Any], workflow: Workflow) -> None:
    failpoints.reach(f"{run.job.kind}/finish")
    try:
        with transaction.atomic():
            if workflow.finish_function is not None:
                workflow.finish_function(run)
            if workflow.move is not None:
                workflow.move.settle(run.refresh(), succeeded=True)
            _end(run, Job.State.SUCCEEDED, f"{run.job.title}: done.", progress=100)
    except (LeaseLost, OperationalError):
        raise  # a deadlock or a database that went away is no verdict: the next claim ends the job again
    except Exception as error:
        raise TurnBack(reason_of(error)) from error
    failpoints.reach(f"{run.job.kind}/finished")


def _fail(run: Run[Any], workflow: Workflow) -> None:
    failpoints.reach(f"{run.job.kind}/give_up")
    cancelled = run.job.error_code == "cancelled"
    with transaction.atomic():
        if workflow.give_up_function is not None:
            workflow.give_up_function(run)
        if workflow.move is not None:
            workflow.move.settle(run.refresh(), succeeded=False)
        message = f"{run.job.title}: {'cancelled' if cancelled else 'failed'}. {run.job.error}"
        _end(run, Job.State.CANCELLED if cancelled else Job.State.FAILED, message)
    failpoints.reach(f"{run.job.kind}/given_up")


def _abandon(run: Run[Any]) -> None:
    """End a job that can't be worked on: nobody knows its kind or its steps any more, or its end fails.

    Its resource leaves the move, so that something can be done with it. What it holds, the reconciler reports.
    """
    logger.error("job abandoned", crashes=run.job.crashes)
    words = run.job.error or "Its worker failed too often; operators find why in the log."
    workflow = WORKFLOWS.get(run.job.kind)
    with transaction.atomic():
        if workflow is not None and workflow.move is not None:
            with suppress(Exception), transaction.atomic():
                workflow.move.settle(run.refresh(), succeeded=False)
        values = {"error_code": run.job.error_code or "abandoned", "error": words}
        _end(run, Job.State.FAILED, f"{run.job.title}: given up. {words}", **values)


def _end(run: Run[Any], state: str, message: str, **values: Any) -> None:
    with connection.cursor() as cursor:
        # Workers do not wait for the disk at each step; what a job leaves behind must be there after a power cut.
        cursor.execute("SET LOCAL synchronous_commit = on")
    run.lease.release(state=state, finished_at=WallClock(), message="", result=run.job.result, **values)
    announce_job(run.job)
    workflow = WORKFLOWS.get(run.job.kind)
    if state == Job.State.SUCCEEDED and (run.job.account_id is None or (workflow and workflow.quiet)):
        return  # Periodic work that went well is in the job list and would drown the trail.
    if state == Job.State.FAILED:
        note_failure(run.job, run.resource)
    events.record(
        Originator(run.job),
        run.job.kind,
        message,
        resource=run.resource,
        account_id=run.job.account_id,
        job_uuid=run.job.uuid,
        level=Event.Level.ERROR if state == Job.State.FAILED else Event.Level.INFO,
        outcome=state,
    )

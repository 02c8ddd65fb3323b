"""Running jobs in this process, for seeds and tests: the same engine, without a queue in between."""

from __future__ import annotations

import time

from cloudportal.core import clock
from cloudportal.jobs import engine
from cloudportal.jobs.models import Job
from cloudportal.jobs.models.job import ACTIVE

IDLE_SECONDS = 0.02


def run_until_over(job: Job, timeout_seconds: float = 120, *, hurry: bool = False) -> Job:
    """Work on a job, and on the jobs that it waits for, until it is over; with `hurry`, waits are skipped.

    Raises:
        TimeoutError: it is not over in time.
    """
    end = time.monotonic() + timeout_seconds
    while not job.is_over:
        if time.monotonic() > end:
            raise TimeoutError(f"“{job.title}” is {job.state} after {timeout_seconds} seconds")
        for child in Job.objects.filter(parent=job, state__in=ACTIVE):
            run_once(child, hurry=hurry)
        if not run_once(job, hurry=hurry):
            time.sleep(IDLE_SECONDS)
        job.refresh_from_db()
    return job


def run_once(job: Job, *, hurry: bool = False) -> bool:
    """Give the job a turn if it is due, or at once with `hurry`; False when it was not."""
    waiting = Job.objects.filter(pk=job.pk, state=Job.State.WAITING)
    if not hurry:
        waiting = waiting.filter(run_after__lte=clock.now())
    due = (
        waiting.update(state=Job.State.QUEUED, run_after=None)
        or Job.objects.filter(pk=job.pk, state=Job.State.QUEUED).exists()
    )
    if due:
        engine.run(job.pk)
    return bool(due)

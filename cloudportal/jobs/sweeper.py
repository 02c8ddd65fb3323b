"""Bringing back what was left lying: jobs whose time has come, whose worker died, or whose delivery was swallowed."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import F, Q

from cloudportal.core.clock import WallClock
from cloudportal.jobs.delivery import broker_is_drained, deliver
from cloudportal.jobs.models import Job

BATCH = 50
SWALLOWED_SECONDS = 5


def sweep() -> int:
    """Deliver again; several sweepers at once share the work. Returns how many jobs.

    A job whose lease expired goes back to `queued` with its crash counted, so its old worker is fenced off.
    """
    with transaction.atomic():
        due = Q(state=Job.State.WAITING, run_after__lte=WallClock())
        expired = Q(state=Job.State.RUNNING, lease_until__lt=WallClock())
        jobs = list(
            Job.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(due | expired | _swallowed())
            .order_by("-priority", "id")[:BATCH]
        )
        for job in jobs:
            _requeue(job)
            deliver(job)
    return len(jobs)


def _swallowed() -> Q:
    """Queued jobs that a worker took from the broker and died with.

    Only when the broker has nothing left to hand out: before that a job may simply be waiting its turn.
    """
    if not broker_is_drained():
        return Q(pk__in=[])
    return Q(state=Job.State.QUEUED, delivered_at__lt=WallClock() - timedelta(seconds=SWALLOWED_SECONDS))


def _requeue(job: Job) -> None:
    crashed = job.state == Job.State.RUNNING
    Job.objects.filter(pk=job.pk).update(
        state=Job.State.QUEUED,
        crashes=F("crashes") + int(crashed),
        run_after=None,
        lease_until=None,
        lease_owner="",
        delivered_at=WallClock(),
    )

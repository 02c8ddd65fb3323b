"""Who may work on a job: claims, leases and their loss, each one guarded UPDATE."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Case, F, Q, When
from django.db.models.functions import Coalesce

from cloudportal.core.clock import WallClock
from cloudportal.jobs.models import Job


class LeaseLost(Exception):
    """Somebody else has the job now: stop before the next external write."""


@dataclass(frozen=True, slots=True)
class Lease:
    """A claim on a job; `attempt` fences off everybody who held it before."""

    job_id: int
    attempt: int

    def rows(self) -> Any:
        return Job.objects.filter(pk=self.job_id, attempt=self.attempt, state=Job.State.RUNNING)

    def write(self, **values: Any) -> None:
        """Change the job and renew the lease, if the lease is still ours.

        Raises:
            LeaseLost: it is not.
        """
        if not self.rows().update(lease_until=lease_end(), **values):
            raise LeaseLost(f"job {self.job_id}, attempt {self.attempt}")

    def release(self, **values: Any) -> None:
        """Leave the job in another state, if the lease is still ours.

        Raises:
            LeaseLost: it is not.
        """
        if not self.rows().update(lease_until=None, lease_owner="", **values):
            raise LeaseLost(f"job {self.job_id}, attempt {self.attempt}")


def lease_end() -> Any:
    return WallClock() + timedelta(seconds=settings.JOB_LEASE_SECONDS)


def claim(job_id: int) -> Lease | None:
    """Take a job that is queued, or whose holder stopped renewing. None: there is nothing to claim."""
    expired = Q(state=Job.State.RUNNING, lease_until__lt=WallClock())
    rows = Job.objects.filter(Q(state=Job.State.QUEUED) | expired, pk=job_id)
    owner = f"{settings.NODE_NAME}:{os.getpid()}:{threading.get_ident() % 10_000}"
    changed = rows.update(
        # The right-hand sides see the row as it was: a claim of a running job means that its worker died.
        crashes=F("crashes") + Case(When(state=Job.State.RUNNING, then=1), default=0),
        state=Job.State.RUNNING,
        attempt=F("attempt") + 1,
        lease_owner=owner,
        lease_until=lease_end(),
        started_at=Coalesce("started_at", WallClock()),
        run_after=None,
    )
    if not changed:
        return None
    attempt = Job.objects.values_list("attempt", flat=True).get(pk=job_id, lease_owner=owner)
    return Lease(job_id, attempt)

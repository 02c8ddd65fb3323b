"""Who may work on a job: claims, leases and their loss, each one guarded statement.

Whatever a worker writes about its job goes through `Lease`, in the same statement that checks and renews the
lease. A worker that lost it, however late it wakes up, changes nothing.
"""

from __future__ import annotations

import json
import os
import threading
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Case, F, Q, When
from django.db.models.functions import Coalesce

from cloudportal.core.clock import WallClock
from cloudportal.core.events import CHANNEL
from cloudportal.jobs.models import Job, JobStep

_RENEW = """
UPDATE jobs_job SET lease_until = clock_timestamp() + %(lease)s * interval '1 second',
    progress = greatest(progress, %(progress)s), message = coalesce(%(message)s, message)
WHERE id = %(job)s AND attempt = %(attempt)s AND state = 'running'
RETURNING id, cancel_requested AND direction = 'do' AS cancel
"""
# Job and step in one round trip: this runs twice a step, and a job is mostly that.
_MARK = (
    "WITH held AS ("  # noqa: S608 - joined from constants alone
    + _RENEW
    + """), marked AS (
  UPDATE jobs_jobstep SET state = %(state)s, message = %(words)s, tries = tries + %(tries)s,
      reference = reference || %(reference)s::jsonb,
      started_at = coalesce(started_at, clock_timestamp()),
      finished_at = CASE WHEN %(state)s = 'running' THEN NULL ELSE clock_timestamp() END
  FROM held WHERE jobs_jobstep.id = %(step)s
  RETURNING started_at)
SELECT held.cancel, marked.started_at, pg_notify(%(channel)s, %(news)s) FROM held, marked
"""
)


class LeaseLost(Exception):
    """Somebody else has the job now: stop before the next external write."""


class CancelRequested(Exception):
    """The user asked to stop; the steps done so far are taken back."""


@dataclass(frozen=True, slots=True)
class Lease:
    """A claim on a job; `attempt` fences off everybody who held it before."""

    job_id: int
    attempt: int

    def renew(self, *, progress: int = 0, message: str | None = None) -> bool:
        """Renew the lease; true when the user wants the job to stop. Progress never goes back.

        Raises:
            LeaseLost: the lease is not ours any more.
        """
        with connection.cursor() as cursor:
            cursor.execute(_RENEW, self._parameters(progress, message))
            row = cursor.fetchone()
        if row is None:
            raise LeaseLost(f"job {self.job_id}, attempt {self.attempt}")
        return bool(row[1])

    def mark(
        self, step: JobStep, state: str, news: dict[str, Any], *,
        words: str = "", tries: int = 0, progress: int = 0, **reference: Any,
    ) -> bool:  # fmt: skip
        """Write a step's state and tell the browsers; true when the user wants the job to stop.

        Raises:
            LeaseLost: the lease is not ours any more, and the step stays as it was.
        """
        more = {
            "step": step.pk, "state": state, "words": words, "tries": tries, "reference": json.dumps(reference),
            "channel": CHANNEL, "news": json.dumps(news, default=str),
        }  # fmt: skip
        with connection.cursor() as cursor:
            cursor.execute(_MARK, self._parameters(progress, None) | more)
            row = cursor.fetchone()
        if row is None:
            raise LeaseLost(f"job {self.job_id}, attempt {self.attempt}")
        step.state, step.message, step.started_at = state, words, row[1]
        step.reference |= reference
        return bool(row[0])

    def write(self, **values: Any) -> None:
        """Change the job and renew the lease.

        Raises:
            LeaseLost: the lease is not ours any more.
        """
        self._update(lease_until=WallClock() + timedelta(seconds=settings.JOB_LEASE_SECONDS), **values)

    def release(self, **values: Any) -> None:
        """Leave the job in another state.

        Raises:
            LeaseLost: the lease is not ours any more.
        """
        self._update(lease_until=None, lease_owner="", **values)

    def _update(self, **values: Any) -> None:
        rows = Job.objects.filter(pk=self.job_id, attempt=self.attempt, state=Job.State.RUNNING)
        if not rows.update(**values):
            raise LeaseLost(f"job {self.job_id}, attempt {self.attempt}")

    def _parameters(self, progress: int, message: str | None) -> dict[str, Any]:
        return {
            "lease": settings.JOB_LEASE_SECONDS, "job": self.job_id, "attempt": self.attempt,
            "progress": max(0, min(100, progress)), "message": message[:255] if message is not None else None,
        }  # fmt: skip


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
        lease_until=WallClock() + timedelta(seconds=settings.JOB_LEASE_SECONDS),
        started_at=Coalesce("started_at", WallClock()),
        run_after=None,
    )
    if not changed:
        return None
    attempt = Job.objects.values_list("attempt", flat=True).get(pk=job_id, lease_owner=owner)
    return Lease(job_id, attempt)

"""Every hour: what doors remember of requests that are long over is forgotten."""

from __future__ import annotations

from datetime import timedelta

from cloudportal.core.clock import WallClock
from cloudportal.doors.models import IdempotencyKey, RateBucket
from cloudportal.doors.models.idempotency_key import KEPT
from cloudportal.jobs.periodic import every
from cloudportal.jobs.run import Run
from cloudportal.jobs.workflow import Workflow

FORGET_REQUESTS = Workflow("doors.forget_requests", "Forget answered requests", cancellable=False)

BATCH = 5000


@FORGET_REQUESTS.step("Delete old idempotency keys")
def delete_keys(run: Run[None]) -> None:
    old = IdempotencyKey.objects.filter(created_at__lt=WallClock() - KEPT)
    while keys := list(old.values_list("pk", flat=True)[:BATCH]):
        run.checkpoint()
        IdempotencyKey.objects.filter(pk__in=keys).delete()


@FORGET_REQUESTS.step("Delete buckets that are full again")
def delete_buckets(run: Run[None]) -> None:
    RateBucket.objects.filter(at__lt=WallClock() - KEPT).delete()


every(timedelta(hours=1), FORGET_REQUESTS)

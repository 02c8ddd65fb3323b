"""Posting what waits for a webhook, in order. One job a webhook at a time; between attempts it holds no worker."""

from __future__ import annotations

import time
from datetime import timedelta

from django.db import transaction
from django.db.models.functions import Coalesce

from cloudportal.core import clock, events
from cloudportal.core.clock import WallClock
from cloudportal.core.configuration import value_of
from cloudportal.core.models import Event
from cloudportal.jobs.periodic import System
from cloudportal.jobs.run import Run
from cloudportal.jobs.workflow import Wait, Workflow
from tenants.models import Webhook, WebhookDelivery
from tenants.posting import Answer, post
from tenants.settings import WEBHOOK_DISABLE_DAYS

DELIVER_WEBHOOK = Workflow("tenants.deliver_webhook", "Deliver webhook", cancellable=False, quiet=True, priority=-1)

# After which time an attempt is repeated; after the last one the event is given up, and the next has its turn.
BACKOFF_SECONDS = (5, 30, 120, 600, 1800, 3600, 7200, 14400, 28800)
TURN_SECONDS = 10.0
LONGEST_WAIT = 600.0


@DELIVER_WEBHOOK.step("Post what waits", deadline_seconds=30 * 86_400)
def deliver(run: Run[Webhook | None]) -> Wait | None:
    end = time.monotonic() + TURN_SECONDS
    while delivery := _next(run):
        left = (delivery.next_at - clock.now()).total_seconds()
        if left > 0:
            return Wait(min(left, LONGEST_WAIT), f"Trying again after {delivery.attempts} attempts")
        note(delivery, post(delivery.webhook, delivery))
        run.checkpoint()
        if time.monotonic() > end:
            return Wait(0.1, "More to come")
    return None


def _next(run: Run[Webhook | None]) -> WebhookDelivery | None:
    """The oldest that waits; none when the webhook was disabled or deleted meanwhile."""
    waiting = WebhookDelivery.objects.filter(webhook=run.job.resource_id or 0, state=WebhookDelivery.State.WAITING)
    return waiting.filter(webhook__is_enabled=True).select_related("webhook").order_by("id").first()


def note(delivery: WebhookDelivery, answer: Answer) -> None:
    """Write down what came of an attempt."""
    attempts = delivery.attempts + 1
    given_up = not answer.is_accepted and attempts > len(BACKOFF_SECONDS)
    state = WebhookDelivery.State.DELIVERED if answer.is_accepted else WebhookDelivery.State.WAITING
    pause = 0 if answer.is_accepted or given_up else BACKOFF_SECONDS[attempts - 1]
    with transaction.atomic():
        WebhookDelivery.objects.filter(pk=delivery.pk).update(
            state=WebhookDelivery.State.FAILED if given_up else state,
            attempts=attempts,
            attempted_at=WallClock(),
            next_at=WallClock() + timedelta(seconds=pause),
            status=answer.status,
            duration_ms=answer.duration_ms,
            answer=answer.text,
            problem=answer.problem[:255],
        )
        webhook = Webhook.objects.filter(pk=delivery.webhook_id)
        if answer.is_accepted:
            webhook.exclude(failing_since=None).update(failing_since=None, problem="")
            return
        webhook.update(failing_since=Coalesce("failing_since", WallClock()), problem=answer.problem[:255])
        _disable_if_hopeless(delivery.webhook_id)


def _disable_if_hopeless(pk: int) -> None:
    """Who has not accepted anything for days is asked no more, and the trail says so."""
    days = value_of(WEBHOOK_DISABLE_DAYS)
    since = WallClock() - timedelta(days=days)
    if not Webhook.objects.filter(pk=pk, is_enabled=True, failing_since__lt=since).update(is_enabled=False):
        return
    webhook = Webhook.objects.get(pk=pk)
    words = f"Webhook {webhook} is disabled: for {days} days it accepted nothing."
    events.record(System(), "tenants.disable_webhook", words, resource=webhook, level=Event.Level.ERROR)

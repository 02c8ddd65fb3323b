"""Every ten seconds, and as soon as there are any: events are handed to the webhooks that want them and told to the
people whom they concern; and what waits for webhooks is delivered.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

import orjson
from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from cloudportal.core.clock import WallClock
from cloudportal.core.errors import Conflict
from cloudportal.core.models import Event, EventNotice
from cloudportal.jobs import failpoints
from cloudportal.jobs import services as jobs
from cloudportal.jobs.periodic import System, every, when_waiting
from cloudportal.jobs.run import Run
from cloudportal.jobs.workflow import Workflow
from tenants.models import Account, Webhook, WebhookDelivery
from tenants.notifying.rules import tell_of
from tenants.workflows.deliver_webhook import DELIVER_WEBHOOK

DISPATCH_EVENTS = Workflow("tenants.dispatch_events", "Hand events on", cancellable=False)

BATCH = 500
LOG_KEPT = timedelta(days=30)
RANK = {Event.Level.INFO: 0, Event.Level.WARNING: 1, Event.Level.ERROR: 2}


@DISPATCH_EVENTS.step("Hand them over")
def hand_over(run: Run[None]) -> None:
    while _hand_over_some():
        run.checkpoint()


@DISPATCH_EVENTS.step("Deliver what waits")
def start_deliveries(run: Run[None]) -> None:
    waiting = WebhookDelivery.objects.filter(webhook=OuterRef("pk"), state=WebhookDelivery.State.WAITING)
    for webhook in Webhook.objects.filter(Exists(waiting), is_enabled=True):
        start_delivery(webhook)


@DISPATCH_EVENTS.step("Forget old deliveries")
def forget(run: Run[None]) -> None:
    old = WebhookDelivery.objects.filter(created_at__lt=WallClock() - LOG_KEPT)
    WebhookDelivery.objects.filter(pk__in=old.exclude(state="waiting").order_by("id").values("pk")[:BATCH]).delete()


def start_delivery(webhook: Webhook) -> None:
    """Have a job post what waits, unless one is at it: that one sees what was added, or the next round does."""
    try:
        jobs.start(System(), DELIVER_WEBHOOK, webhook)
    except Conflict:
        return


def _hand_over_some() -> bool:
    """One batch, in one transaction with its notices' end; several at once share the work."""
    with transaction.atomic():
        notices = list(EventNotice.objects.select_for_update(skip_locked=True).order_by("event_id")[:BATCH])
        events = list(Event.objects.filter(pk__in=[notice.event_id for notice in notices]).order_by("pk"))
        WebhookDelivery.objects.bulk_create(_deliveries(events))
        tell_of(events)
        failpoints.reach(f"{DISPATCH_EVENTS.kind}/told")
        EventNotice.objects.filter(pk__in=[notice.pk for notice in notices]).delete()
    return len(notices) == BATCH


def _deliveries(events: list[Event]) -> Iterator[WebhookDelivery]:
    owners = {event.account_id for event in events if event.account_id}
    accounts = Account.objects.select_related("domain").in_bulk(owners)
    hooks = list(_hooks(accounts.values()))
    for event in events:
        # What delivering itself does must not be delivered: it would never end.
        if event.action.startswith(DELIVER_WEBHOOK.kind):
            continue
        account = accounts.get(event.account_id) if event.account_id else None
        wanted = [hook for hook in hooks if _concerns(hook, account) and _wants(hook, event)]
        if wanted:
            body = body_of(event, account)
            for hook in wanted:
                yield WebhookDelivery(webhook=hook, action=event.action, body=body)


def _hooks(accounts: Iterable[Account]) -> Iterable[Webhook]:
    """The webhooks of the accounts and of every domain above them; the root's hears of the cloud itself too."""
    owners = list(accounts)
    domains = {int(key) for account in owners for key in account.domain.path.strip("/").split("/")}
    of_the_cloud = Q(domain__isnull=False, domain__parent=None)
    concerned = Q(account__in=[account.pk for account in owners]) | Q(domain__in=domains) | of_the_cloud
    return Webhook.objects.filter(concerned, is_enabled=True).select_related("domain")


def _concerns(hook: Webhook, account: Account | None) -> bool:
    if hook.domain is None:
        return account is not None and hook.account_id == account.pk
    return hook.domain.parent_id is None if account is None else account.domain.path.startswith(hook.domain.path)


def _wants(hook: Webhook, event: Event) -> bool:
    if RANK[Event.Level(event.level)] < RANK[Event.Level(hook.level)]:
        return False
    return not hook.actions or event.action.startswith(tuple(hook.actions))


def body_of(event: Event, account: Account | None) -> str:
    """What is posted; docs/audit.md describes it. Addresses, keys and sessions stay inside."""
    found: dict[str, Any] = {
        "id": event.uuid,
        "at": event.at,
        "action": event.action,
        "outcome": event.outcome,
        "level": event.level,
        "message": event.message,
        "actor": event.actor_name,
        "on_behalf_of": event.on_behalf_of_name or None,
        "account": {"id": account.uuid, "name": account.name} if account else None,
        "resource": {"type": event.resource_type, "id": event.resource_uuid, "name": event.resource_name}
        if event.resource_uuid
        else None,
        "job": event.job_uuid,
        "request_id": event.request_id,
        "before": event.before,
        "after": event.after,
        "details": event.details,
    }
    return orjson.dumps(found, option=orjson.OPT_UTC_Z).decode()


every(timedelta(seconds=10), DISPATCH_EVENTS)
when_waiting(DISPATCH_EVENTS, EventNotice.objects.exists)

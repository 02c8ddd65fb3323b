"""Webhooks: create, change, rotate, test, delete; and posting something again."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import orjson
from django.db import transaction

from cloudportal.core import clock, events
from cloudportal.core.configuration import value_of
from cloudportal.core.differences import facts
from cloudportal.core.driver_errors import Fatal
from cloudportal.core.errors import Conflict, InvalidInput
from cloudportal.core.outside import PORTS, check_url, public_address
from cloudportal.core.writing import insert, update
from tenants.acting import refuse_secrets_of_others
from tenants.actor import Actor
from tenants.models import Account, Domain, Webhook, WebhookDelivery
from tenants.settings import WEBHOOK_INTERNAL_NETWORKS
from tenants.workflows.dispatch_events import start_delivery

MANAGE = "webhooks.manage"
MOST = 20
MOST_PREFIXES, LONGEST_PREFIX = 20, 64
# So long the secret before a rotation goes on signing beside the new one.
OVERLAP = timedelta(hours=24)


def create_webhook(
    actor: Actor, *, name: str, url: str, account: Account | None = None, domain: Domain | None = None,
    actions: Sequence[str] = (), level: str = "info",
) -> tuple[Webhook, str]:  # fmt: skip
    """Have the events of an account, or of all accounts below a domain, posted to a URL.

    The secret that signs them is returned once and never again.

    Raises:
        NotFound, PermissionDenied: the actor may not manage webhooks there, or may not see the events.
        InvalidInput: a field is wrong, the name is taken, or the URL leads to an internal address.
        Conflict: there are too many already.
    """
    if (account is None) == (domain is None):
        raise InvalidInput({"account": "Choose an account or a domain."})
    webhook = Webhook(account=account, domain=domain, name=name.strip(), url=url, actions=list(actions), level=level)
    _require(actor, webhook)
    _check(webhook)
    webhook.secret = _new_secret()
    with transaction.atomic():
        if account is not None:
            Account.objects.select_for_update(no_key=True).get(pk=account.pk)
        if Webhook.objects.filter(account=account, domain=domain).count() >= MOST:
            raise Conflict(f"There are {MOST} webhooks already; delete one first.")
        insert(webhook)
        _record(actor, "tenants.create_webhook", f"Webhook {webhook} created.", webhook)
    return webhook, webhook.secret


def update_webhook(actor: Actor, *, webhook: Webhook, **changes: Any) -> Webhook:
    """Change name, URL, filters, or whether it is enabled; the refusals of `create_webhook`."""
    _require(actor, webhook)
    if changes.get("is_enabled"):
        changes |= {"failing_since": None, "problem": ""}
    with transaction.atomic():
        update(webhook, **changes)
        _check(webhook, look_up="url" in changes)
        _record(actor, "tenants.update_webhook", f"Webhook {webhook} changed.", webhook)
    return webhook


def rotate_webhook_secret(actor: Actor, *, webhook: Webhook) -> str:
    """Sign with a new secret; for a day the one before signs too, so that receivers can follow. Returns it once."""
    _require(actor, webhook)
    secret = _new_secret()
    with transaction.atomic():
        update(webhook, previous_secret=webhook.secret, previous_until=clock.now() + OVERLAP, secret=secret)
        _record(actor, "tenants.rotate_webhook_secret", f"The secret of webhook {webhook} was rotated.", webhook)
    return secret


def delete_webhook(actor: Actor, *, webhook: Webhook) -> None:
    """Forget a webhook with its deliveries; what waits is not posted any more. Locked accounts may, too."""
    _require(actor, webhook, even_locked=True)
    with transaction.atomic():
        _record(actor, "tenants.delete_webhook", f"Webhook {webhook} deleted.", webhook, before=facts(webhook))
        webhook.delete()


def test_webhook(actor: Actor, *, webhook: Webhook) -> WebhookDelivery:
    """Post an event that says that it is a test.

    Raises:
        NotFound, PermissionDenied: the actor may not manage the webhook.
        Conflict: it is disabled.
    """
    words = f"A test of webhook {webhook}."
    body = {"action": "webhook.test", "at": clock.now(), "message": words, "actor": actor.name, "level": "info"}
    text = orjson.dumps(body, option=orjson.OPT_UTC_Z).decode()
    return _post_again(actor, webhook, "webhook.test", text, "tenants.test_webhook", words)


def redeliver_webhook(actor: Actor, *, delivery: WebhookDelivery) -> WebhookDelivery:
    """Post the same body once more, as a new delivery; the refusals of `test_webhook`."""
    words = f"{delivery.action} is posted to webhook {delivery.webhook} again."
    return _post_again(actor, delivery.webhook, delivery.action, delivery.body, "tenants.redeliver_webhook", words)


def _post_again(actor: Actor, webhook: Webhook, about: str, body: str, action: str, words: str) -> WebhookDelivery:
    _require(actor, webhook)
    if not webhook.is_enabled:
        raise Conflict(f"Webhook {webhook} is disabled; enable it first.")
    with transaction.atomic():
        delivery = WebhookDelivery.objects.create(webhook=webhook, action=about, body=body)
        _record(actor, action, words, webhook)
        start_delivery(webhook)
    delivery.refresh_from_db()
    return delivery


def _require(actor: Actor, webhook: Webhook, *, even_locked: bool = False) -> None:
    """Whoever sends events away must be allowed to see them; and the secret is the owner's, as keys are."""
    refuse_secrets_of_others()
    actor.require(MANAGE, webhook.place, even_locked=even_locked)
    actor.require("jobs.view", webhook.place)


def _check(webhook: Webhook, *, look_up: bool = True) -> None:
    if not webhook.name.strip():
        raise InvalidInput({"name": "A webhook needs a name."})
    wrong = [text for text in webhook.actions if not isinstance(text, str) or not 0 < len(text) <= LONGEST_PREFIX]
    if wrong or len(webhook.actions) > MOST_PREFIXES:
        raise InvalidInput({"actions": f"At most {MOST_PREFIXES} beginnings of actions, such as compute. or tenants."})
    check_url(webhook.url)
    if not look_up:
        return
    parts = urlsplit(webhook.url)
    try:
        # Each delivery looks again: this only spares a surprise later.
        networks = value_of(WEBHOOK_INTERNAL_NETWORKS)
        public_address(parts.hostname or "", parts.port or PORTS[parts.scheme], internal=networks)
    except Fatal as error:
        raise InvalidInput({"url": str(error)}) from error


def _record(actor: Actor, action: str, words: str, webhook: Webhook, **more: Any) -> None:
    events.record(actor, action, words, resource=webhook, **more)


def _new_secret() -> str:
    return f"whsec_{secrets.token_urlsafe(32)}"

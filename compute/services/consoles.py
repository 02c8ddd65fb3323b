"""The right to see and type into an instance's screen."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.db import transaction
from django.db.models.functions import Now

from cloudportal.core import events, origin
from cloudportal.core.clock import WallClock
from cloudportal.core.errors import Conflict, NotFound
from compute.models import ConsoleTicket, Instance
from tenants.acting import is_open
from tenants.actor import Actor

VALID_SECONDS = 60


def open_console(actor: Actor, *, instance: Instance) -> str:
    """A token that opens the console once, within a minute.

    Raises:
        NotFound, PermissionDenied: the actor may not open consoles of the account.
        Conflict: the instance does not run.
    """
    actor.require("compute.console", instance.account)
    if instance.state not in {"Running", "Stopping"}:
        raise Conflict(
            f"Instance {instance} is {instance.state}; its console opens while it runs.", state=instance.state
        )
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        ConsoleTicket.objects.filter(expires_at__lt=Now()).delete()
        ConsoleTicket.objects.create(
            token_hash=_hash(token),
            instance=instance,
            user_id=actor.user_id,
            view_id=origin.current().view_id,
            expires_at=Now() + timedelta(seconds=VALID_SECONDS),
        )
        events.record(actor, "compute.open_console", f"Console of {instance} opened.", resource=instance)
    return token


def redeem_console(token: str) -> ConsoleTicket:
    """Use up a token.

    Raises:
        NotFound: it is unknown, used or too old; they look the same.
    """
    tickets = ConsoleTicket.objects.filter(token_hash=_hash(token), redeemed_at=None, expires_at__gt=WallClock())
    if not tickets.update(redeemed_at=WallClock()):
        raise NotFound
    return ConsoleTicket.objects.select_related("instance__host", "view").get(token_hash=_hash(token))


def may_go_on(ticket: ConsoleTicket) -> bool:
    """Whether the console may stay open: whoever acts for somebody has it no longer than that."""
    if ticket.view is None:
        return True
    ticket.view.refresh_from_db()
    return is_open(ticket.view)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()

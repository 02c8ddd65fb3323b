"""The right to see and type into an instance's screen."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.db import transaction
from django.db.models.functions import Now

from cloudportal.core import events, origin
from cloudportal.core.clock import WallClock
from cloudportal.core.errors import Conflict, NotFound, Refusal
from compute.models import ConsoleTicket, Instance
from tenants.acting import act_for, resume
from tenants.actor import Actor, actor_of
from tenants.models import Account, User

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
    came = origin.current()
    with transaction.atomic():
        ConsoleTicket.objects.filter(expires_at__lt=Now()).delete()
        ConsoleTicket.objects.create(
            token_hash=_hash(token),
            instance=instance,
            user_id=actor.user_id,
            operator_id=came.operator_id,
            view_id=came.view_id,
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


def may_stay_open(ticket: ConsoleTicket) -> bool:
    """Whether who opened a console may still.

    Disabled, or without the role, they see nothing any more; and who acts for somebody no longer than that lasts.
    """
    if ticket.user_id is None:
        return True
    user = User.objects.select_related("account__domain").filter(pk=ticket.user_id).first()
    account = Account.objects.select_related("domain").get(pk=ticket.instance.account_id)
    try:
        return user is not None and _actor(ticket, user).may("compute.console", account)
    except Refusal:
        return False


def _actor(ticket: ConsoleTicket, user: User) -> Actor:
    """Who acts at the console now. The refusals are those of `resume` and `act_for`."""
    if ticket.operator_id is None:
        return actor_of(user)
    operator = User.objects.filter(pk=ticket.operator_id).first()
    if operator is None:
        raise NotFound
    if ticket.view is None:
        return act_for(actor_of(operator), user)
    return resume(operator, str(ticket.view.uuid))[1]


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()

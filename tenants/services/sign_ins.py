"""Signing in and out in the trail, and what failed of it."""

from __future__ import annotations

import structlog

from cloudportal.core import events, origin
from cloudportal.core.models import Event
from tenants.actor import Actor
from tenants.models import User
from tenants.services.floods import is_flood

logger = structlog.get_logger(__name__)

FAILED = "tenants.sign_in_failed"
# Of one address, and of all together: a guessing machine must not fill the trail.
MOST_OF_ONE, MOST_OF_ALL = 10, 120


def record_sign_in(user: User, *, session_key: str | None) -> None:
    """Keep that somebody signed in, under the session that begins with it."""
    origin.amend(session=origin.session_mark(session_key))
    _record(user, "tenants.sign_in", f"{user} signed in.")


def record_sign_out(user: User) -> None:
    """Keep that somebody signed out."""
    _record(user, "tenants.sign_out", f"{user} signed out.")


def record_failed_sign_in(username: str) -> None:
    """Keep that a sign-in failed. A name that nobody has is not kept: it may be a password, typed too early."""
    address = origin.current().address
    if is_flood(Event.objects.filter(action=FAILED), MOST_OF_ALL) or (
        address and is_flood(Event.objects.filter(address=address, action=FAILED), MOST_OF_ONE)
    ):
        logger.warning("a failed sign-in is not in the trail: there were too many", address=address)
        return
    user = User.objects.filter(username=username).first()
    events.record(
        Actor(user.username if user else "unknown"),
        FAILED,
        f"A sign-in as {user} failed." if user else "A sign-in under a name that nobody has failed.",
        resource=user,
        level=Event.Level.WARNING,
        outcome=Event.Outcome.FAILED,
    )


def _record(user: User, action: str, message: str) -> None:
    events.record(Actor(user.username, user.pk, user.account_id), action, message, resource=user)

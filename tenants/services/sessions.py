"""The browsers somebody is signed in with. Ending a session works with its next request."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.db import transaction

from cloudportal.core import events
from tenants.access import access_changed
from tenants.actor import Actor
from tenants.models import User


def end_session(actor: Actor, *, session: UserSession) -> None:
    """Sign one browser out.

    Raises:
        NotFound, PermissionDenied: it is somebody else's, and the actor does not manage the users of their account.
    """
    user: Any = session.user
    _require(actor, user)
    with transaction.atomic():
        if _end([session]):
            _record(actor, user, f"A session of {user} was ended.", 1)


def end_sessions(actor: Actor, *, user: User, but: str | None = None) -> int:
    """Sign a user out everywhere, but not from the session with that key; returns from how many.

    Raises:
        NotFound, PermissionDenied: as for `end_session`.
    """
    _require(actor, user)
    with transaction.atomic():
        count = _end([row for row in UserSession.objects.filter(user=user) if row.session_key != but])
        if count:
            _record(actor, user, f"{count} sessions of {user} were ended.", count)
    return count


def _require(actor: Actor, user: User) -> None:
    if actor.user_id == user.pk:
        return
    actor.require("users.manage", user.account, even_locked=True)


def _end(sessions: list[UserSession]) -> int:
    store: Any = import_module(settings.SESSION_ENGINE).SessionStore
    for session in sessions:
        store().delete(session.session_key)
        user: Any = session.user
        access_changed(user)
    ended: int = UserSession.objects.filter(pk__in=[session.pk for session in sessions]).delete()[0]
    return ended


def _record(actor: Actor, user: User, message: str, count: int) -> None:
    events.record(actor, "tenants.end_sessions", message, resource=user, account_id=user.account_id, sessions=count)

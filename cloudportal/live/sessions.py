"""Who listens: the user of a session cookie or of an API key, and the accounts whose changes they may hear of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.db import close_old_connections
from django.http import HttpRequest

from cloudportal.core.errors import Refusal
from cloudportal.core.models import Alert
from tenants.acting import SESSION_KEY, resume
from tenants.actor import NOWHERE, Actor, actor_of
from tenants.services.key_holders import holder_of_key
from tenants.signing_in import owes_factor

ALERT = Alert._meta.label_lower


@dataclass(frozen=True, slots=True)
class Listener:
    """What a user may hear: everything, or the changes of these accounts; of alerts, and of what only they are told."""

    everything: bool
    accounts: frozenset[int]
    user: int | None = field(default=None, compare=False)
    alerts: bool = False

    def may_hear(self, account: int | None) -> bool:
        return self.everything or (account is not None and account in self.accounts)

    def may_hear_of(self, change: Mapping[str, Any]) -> bool:
        """Whether a change concerns them: as its kind says, and for most kinds by the account."""
        if change.get("kind") == "notification":
            return self.user is not None and change.get("user") == self.user
        if change.get("type") == ALERT:
            return self.alerts
        return self.may_hear(change.get("account"))


def session_key(cookies: str) -> str:
    try:
        jar = SimpleCookie(cookies)
    except CookieError:
        return ""
    morsel = jar.get(settings.SESSION_COOKIE_NAME)
    return morsel.value if morsel else ""


def listener_of(key: str) -> Listener | None:
    """Read session, user and grants afresh; None when the session is not signed in any more. Blocks."""
    close_old_connections()
    try:
        actor = _actor(key)
        return _listener(actor) if actor else None
    finally:
        close_old_connections()


def listener_of_key(text: str, address: str) -> Listener | None:
    """The same for an API key that came from an address; None when it is not valid any more. Blocks."""
    close_old_connections()
    try:
        holder = holder_of_key(text, address=address)
        return _listener(holder.actor()) if holder else None
    finally:
        close_old_connections()


def _actor(key: str) -> Actor | None:
    engine: Any = import_module(settings.SESSION_ENGINE)
    request = HttpRequest()
    request.session = engine.SessionStore(key)
    user: Any = get_user(request)
    # The backend has asked whether the user may still be signed in.
    if not user.is_authenticated or owes_factor(user):
        return None
    if SESSION_KEY not in request.session:
        return actor_of(user)
    try:
        _view, actor = resume(user, request.session[SESSION_KEY])
    except Refusal:
        return None
    return actor


def _listener(actor: Actor) -> Listener:
    reach = actor.reach.get("jobs.view", NOWHERE)
    alerts = actor.may_everywhere("alerts.view")
    accounts: frozenset[int] = frozenset()
    if not reach.everywhere:
        accounts = frozenset(actor.accounts("jobs.view").values_list("pk", flat=True))
    return Listener(reach.everywhere, accounts, actor.user_id, alerts)

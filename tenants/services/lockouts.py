"""Lockout after too many failures: counted in rows, with one statement an attempt, so that all processes agree."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import Any

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import F

from cloudportal.core import events
from cloudportal.core.clock import WallClock
from cloudportal.core.models import Event
from tenants.actor import Actor
from tenants.models import IdentityProvider, SignInThrottle, User
from tenants.services.floods import is_flood

logger = structlog.get_logger(__name__)

FAILED = "tenants.sign_in_failed"
# Entries of the trail a minute: of one address, and of all together.
MOST_OF_ONE, MOST_OF_ALL = 10, 120

Scope = SignInThrottle.Scope
NOBODY = Actor("nobody")

# An attempt is counted before it is judged: of many at the same moment no more than the limit get through.
_TAKE = """
INSERT INTO tenants_signinthrottle AS t (scope, subject, address, attempts, until)
VALUES (%(scope)s, %(subject)s, %(address)s, 1, clock_timestamp() + make_interval(secs => %(window)s))
ON CONFLICT (scope, subject, address) DO UPDATE SET
  attempts = CASE WHEN t.until <= clock_timestamp() THEN 1 ELSE t.attempts + 1 END,
  until = CASE WHEN t.until <= clock_timestamp() THEN EXCLUDED.until ELSE t.until END
RETURNING attempts, until
"""


@dataclass(frozen=True, slots=True)
class Count:
    """What is counted together, and how many attempts a window has."""

    scope: str
    subject: str
    address: str
    limit: int


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt that was counted. `locked_until` is set when it must not even be judged."""

    counts: tuple[Count, ...]
    locked_until: dt.datetime | None
    is_last: bool


def password_attempt(user: User | None, typed: str, address: str) -> Attempt:
    """Count an attempt to sign in with a password: of this user from this address, and of this address."""
    subject = subject_of(user) if user else hashlib.sha256(typed.strip().lower().encode()).hexdigest()
    return _take(
        Count(Scope.USER, subject, address, settings.SIGN_IN_ATTEMPTS_PER_USER),
        Count(Scope.ADDRESS, "", address, settings.SIGN_IN_ATTEMPTS_PER_ADDRESS),
    )


def directory_attempt(provider: IdentityProvider, typed: str, address: str) -> Attempt:
    """Count an attempt at a name of a directory, apart from users of ours who have the same name.

    Otherwise whoever keeps a directory could forget the failures at one of our users by a success of their own.
    """
    subject = hashlib.sha256(f"{provider.uuid}:{typed.strip().lower()}".encode()).hexdigest()
    return _take(Count(Scope.USER, subject, address, settings.SIGN_IN_ATTEMPTS_PER_USER))


def factor_attempt(user: User) -> Attempt:
    """Count an attempt at a second factor. Whoever gets here has the password, so the address does not matter."""
    return _take(Count(Scope.FACTOR, subject_of(user), "", settings.SIGN_IN_ATTEMPTS_PER_FACTOR))


def succeeded(attempt: Attempt) -> None:
    """Forget the failures of who has proved to be who they are.

    The address gets this one attempt back and no more: a password of one's own must not buy guesses at others'.
    """
    for count in attempt.counts:
        rows = SignInThrottle.objects.filter(scope=count.scope, subject=count.subject, address=count.address)
        if count.scope == Scope.ADDRESS:
            rows.filter(attempts__gt=0).update(attempts=F("attempts") - 1)
        else:
            rows.delete()


def give_back(attempt: Attempt) -> None:
    """Count an attempt no more, and forget no other: it was meant for somebody else."""
    for count in attempt.counts:
        rows = SignInThrottle.objects.filter(scope=count.scope, subject=count.subject, address=count.address)
        rows.filter(attempts__gt=0).update(attempts=F("attempts") - 1)


def subject_of(user: User) -> str:
    return f"user:{user.pk}"


def _take(*counts: Count) -> Attempt:
    """Count until one limit is reached: what is refused for a user's sake is not held against the whole address."""
    is_last = False
    for position, count in enumerate(counts):
        attempts, until = _count(count)
        if attempts > count.limit:
            return Attempt(counts[: position + 1], until, False)
        is_last = is_last or attempts == count.limit
    return Attempt(counts, None, is_last)


def _count(count: Count) -> tuple[int, dt.datetime]:
    values = {
        "scope": count.scope,
        "subject": count.subject,
        "address": count.address,
        "window": settings.SIGN_IN_WINDOW_SECONDS,
    }
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, values)
        attempts, until = cursor.fetchone()
    return attempts, until


def unlock_user(actor: Actor, *, user: User) -> None:
    """Let somebody try again at once, from everywhere. An address that tried many users stays locked.

    Raises:
        NotFound, PermissionDenied: the actor does not manage the users of the account.
    """
    actor.require("users.manage", user.account, even_locked=True)
    with transaction.atomic():
        forget_failures(user)
        events.record(
            actor, "tenants.unlock_user", f"{user} may try to sign in again.", resource=user, account_id=user.account_id
        )


def forget_failures(user: User) -> None:
    SignInThrottle.objects.filter(subject=subject_of(user)).delete()


def unlock_address(actor: Actor, *, address: str) -> None:
    """Let an address try again, such as that of an office behind which many people sit.

    Raises:
        PermissionDenied: the actor does not manage the tenancy of the whole cloud.
    """
    actor.require_everywhere("tenancy.manage")
    with transaction.atomic():
        SignInThrottle.objects.filter(scope=Scope.ADDRESS, address=address).delete()
        events.record(actor, "tenants.unlock_address", f"{address} may try to sign in again.", address=address)


def is_locked(user: User) -> bool:
    """Whether somebody, somewhere, is kept from signing in as the user."""
    limits = {Scope.USER: settings.SIGN_IN_ATTEMPTS_PER_USER, Scope.FACTOR: settings.SIGN_IN_ATTEMPTS_PER_FACTOR}
    rows = SignInThrottle.objects.filter(subject=subject_of(user), until__gt=WallClock())
    return any(row.attempts >= limits[Scope(row.scope)] for row in rows)


def record_failure(user: User | None, words: str, *, address: str, attempt: Attempt, **details: Any) -> None:
    """Write a failure down, and that it was the last one for now. What was typed as a name is not kept."""
    whom = str(user) if user else "an unknown name"
    if too_many_failures(address):
        logger.warning("a failed sign-in is not in the trail: there were too many", address=address)
        return
    with transaction.atomic():
        _record(FAILED, f"Sign-in as {whom} failed: {words}.", user, address, details)
        if attempt.is_last:
            _record("tenants.sign_in_locked", f"Sign-in as {whom} is locked for a while.", user, address, details)


def too_many_failures(address: str) -> bool:
    """A guessing machine must not fill the trail."""
    failed = Event.objects.filter(action=FAILED)
    return is_flood(failed, MOST_OF_ALL) or bool(address and is_flood(failed.filter(address=address), MOST_OF_ONE))


def _record(action: str, message: str, user: User | None, address: str, details: dict[str, Any]) -> None:
    events.record(
        NOBODY,
        action,
        message,
        resource=user,
        account_id=user.account_id if user else None,
        level=Event.Level.WARNING,
        outcome=Event.Outcome.FAILED,
        address=address,
        **details,
    )

"""Notifications: reading them, and saying how one wants to be told."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from cloudportal.core import events
from cloudportal.core.clock import WallClock
from cloudportal.core.errors import NotFound, PermissionDenied
from tenants.acting import refuse_secrets_of_others
from tenants.actor import Actor
from tenants.models import Notification, NotificationPreference, User
from tenants.notifying.kinds import KINDS, Kind
from tenants.notifying.telling import preference_of
from tenants.selectors import notifications


@dataclass(frozen=True, slots=True)
class Preference:
    """How somebody is told of one kind."""

    kind: Kind
    page: bool
    mail: bool


def mark_read(actor: Actor, *, notification: Notification) -> Notification:
    """Say that one was read; once more changes nothing.

    Raises:
        NotFound: it is not the actor's.
    """
    rows = notifications(actor).filter(pk=notification.pk)
    with transaction.atomic():
        if rows.filter(read_at=None).update(read_at=WallClock()):
            events.announce("notification", user=actor.user_id)
    notification.refresh_from_db()
    return notification


def mark_all_read(actor: Actor) -> int:
    """Say that all were read that there are now; returns how many had not been."""
    with transaction.atomic():
        count = notifications(actor).order_by().filter(read_at=None).update(read_at=WallClock())
        if count:
            events.announce("notification", user=actor.user_id)
    return count


def preferences(actor: Actor) -> list[Preference]:
    """Every kind that the actor can be told of, with how."""
    rows = NotificationPreference.objects.filter(user=actor.user_id or 0)
    chosen = {row.kind: row for row in rows}
    shown = [kind for kind in KINDS.values() if not kind.permission or actor.may_everywhere(kind.permission)]
    return [Preference(kind, *preference_of(kind, chosen.get(kind.name))) for kind in shown]


def preference(actor: Actor, name: str) -> Preference:
    """The one of a kind.

    Raises:
        NotFound: there is no such kind for the actor.
    """
    found = next((each for each in preferences(actor) if each.kind.name == name), None)
    if found is None:
        raise NotFound
    return found


def change_preference(actor: Actor, *, kind: str, page: bool | None = None, mail: bool | None = None) -> Preference:
    """Choose how the actor is told of a kind from now on: in the pages, by mail, both, or neither.

    Raises:
        NotFound: there is no such kind for the actor.
        PermissionDenied: the actor is acted for, or its key is narrowed: how somebody is told is theirs alone.
    """
    before = preference(actor, kind)
    refuse_secrets_of_others()
    if actor.user_id is None or (actor.key is not None and actor.key.is_narrow):
        raise PermissionDenied("How somebody is told is theirs alone to say; this key may do less than they.")
    values = {"page": before.page if page is None else page, "mail": before.mail if mail is None else mail}
    if values == {"page": before.page, "mail": before.mail}:
        return before
    with transaction.atomic():
        NotificationPreference.objects.update_or_create(user_id=actor.user_id, kind=kind, defaults=values)
        words = f"How {actor.name} is told of “{before.kind.label}” changed."
        events.record(
            actor, "tenants.change_notification_preference", words,
            resource=User.objects.get(pk=actor.user_id), before={"page": before.page, "mail": before.mail},
            after=values, kind=kind,
        )  # fmt: skip
    return preference(actor, kind)

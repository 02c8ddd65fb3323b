"""Telling some users something, once: a row for the pages, and a mail that is on its way in the same transaction."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count
from django.template.loader import render_to_string

from cloudportal.core import events
from cloudportal.core.clock import WallClock
from cloudportal.core.configuration import value_of
from cloudportal.core.masking import masked
from cloudportal.core.models import Event
from tenants.models import MailBrake, Notification, NotificationPreference, User
from tenants.notifying.kinds import Kind
from tenants.settings import MAILS_AN_HOUR, PAUSE
from tenants.workflows.send_mail import put_into_the_post


@dataclass(frozen=True, slots=True)
class Telling:
    """Something that some users are told. `key` tells it from everything else that they ever are; `about` is the thing,
    of which they are sent one mail an hour.
    """

    users: Collection[int]
    kind: Kind
    message: str
    url: str = ""
    level: str = Event.Level.INFO
    key: str = field(default_factory=lambda: uuid.uuid4().hex)
    about: str = ""


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One telling for one user, who wants it in one way at least."""

    user: User
    telling: Telling
    page: bool
    mail: bool
    uuid: uuid.UUID = field(default_factory=uuid.uuid4)

    @property
    def brake(self) -> tuple[int, str, str]:
        about = self.telling.about or self.telling.key
        return self.user.pk, self.telling.kind.name, about[:160]


def notify(
    *, users: Iterable[User], kind: Kind, message: str, url: str = "", level: str = Event.Level.INFO,
    key: str = "", about: str = "",
) -> None:  # fmt: skip
    """Tell some users something, in the caller's transaction.

    `url` is the path of a page that asks for the reader's rights itself. With a `key` it is told once to each, whoever
    calls this and how often. At most one mail an hour goes to a user for the same kind and `about`.
    """
    found = Telling([user.pk for user in users], kind, message, url, level, key or uuid.uuid4().hex, about)
    tell([found])


def tell(tellings: Sequence[Telling]) -> None:
    """Tell it to each as they want it: in the caller's transaction, with as many statements for many as for one."""
    with transaction.atomic():
        # In one order: of two that tell the same, one waits for the other's row and then sees it.
        wanted = sorted(_wanted(tellings), key=lambda each: (each.user.pk, each.telling.key))
        told = _told(wanted)
        for each in _to_mail([each for each in told if each.mail]):
            _mail(each)
        for user in sorted({each.user.pk for each in told if each.page}):
            events.announce("notification", user=user)


def preference_of(kind: Kind, chosen: NotificationPreference | None) -> tuple[bool, bool]:
    """Whether a kind comes as a page, and whether by mail."""
    return (chosen.page, chosen.mail) if chosen else (kind.page, kind.mail)


def _wanted(tellings: Sequence[Telling]) -> Iterable[_Wanted]:
    ids = {key for telling in tellings for key in telling.users}
    if not ids:
        return
    users = User.objects.filter(is_active=True).in_bulk(ids)
    rows = NotificationPreference.objects.filter(user__in=users, kind__in={telling.kind.name for telling in tellings})
    chosen = {(row.user_id, row.kind): row for row in rows}
    for telling in tellings:
        for user in (users[key] for key in set(telling.users) if key in users):
            page, mail = preference_of(telling.kind, chosen.get((user.pk, telling.kind.name)))
            mail = mail and bool(user.email)
            if page or mail:
                yield _Wanted(user, telling, page, mail)


def _told(wanted: list[_Wanted]) -> list[_Wanted]:
    """Those that had not been told before."""
    rows = [
        Notification(
            uuid=each.uuid, user=each.user, kind=each.telling.kind.name, level=each.telling.level,
            message=masked(each.telling.message), url=each.telling.url[:255], key=each.telling.key[:128],
            on_page=each.page,
        )
        for each in wanted
    ]  # fmt: skip
    Notification.objects.bulk_create(rows, ignore_conflicts=True)
    made = set(Notification.objects.filter(uuid__in=[row.uuid for row in rows]).values_list("uuid", flat=True))
    return [each for each in wanted if each.uuid in made]


# Whose last mail about it is older than the pause, or who was sent none yet.
_CLAIM = """
INSERT INTO tenants_mailbrake AS b (user_id, kind, about, mailed_at)
SELECT f.user_id, f.kind, f.about, clock_timestamp()
FROM unnest(%(users)s::bigint[], %(kinds)s::text[], %(abouts)s::text[]) AS f(user_id, kind, about)
ON CONFLICT (user_id, kind, about) DO UPDATE SET mailed_at = EXCLUDED.mailed_at
WHERE b.mailed_at <= clock_timestamp() - %(pause)s
RETURNING b.user_id, b.kind, b.about
"""


def _to_mail(told: list[_Wanted]) -> list[_Wanted]:
    """Those for whom the brakes let a mail pass: one an hour about a thing, and so many an hour altogether."""
    first: dict[tuple[int, str, str], _Wanted] = {}
    left = _left({each.user.pk for each in told})
    for each in told:
        if each.brake not in first and left[each.user.pk] > 0:
            first[each.brake] = each
            left[each.user.pk] -= 1
    if not first:
        return []
    users, kinds, abouts = zip(*sorted(first), strict=True)
    values: dict[str, Any] = {"users": list(users), "kinds": list(kinds), "abouts": list(abouts), "pause": PAUSE}
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, values)
        passed = set(cursor.fetchall())
    return [each for brake, each in first.items() if brake in passed]


def _left(users: set[int]) -> dict[int, int]:
    most = value_of(MAILS_AN_HOUR)
    lately = MailBrake.objects.filter(user__in=users, mailed_at__gt=WallClock() - PAUSE) if users else None
    sent = dict(lately.order_by().values_list("user").annotate(Count("pk"))) if lately is not None else {}
    return {user: most - sent.get(user, 0) for user in users}


def _mail(each: _Wanted) -> None:
    context = {
        "user": each.user,
        "kind": each.telling.kind,
        "message": masked(each.telling.message),
        "link": urljoin(settings.PORTAL_URL, each.telling.url) if settings.PORTAL_URL and each.telling.url else "",
    }
    subject = render_to_string("tenants/mail/notification_subject.txt", context)
    body = render_to_string("tenants/mail/notification_message.txt", context)
    put_into_the_post(address=each.user.email, subject=subject, body=body)

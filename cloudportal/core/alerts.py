"""Raising and resolving alerts. How they behave, and why so, stands in docs/alerts.md.

A kind is declared where it is raised. Most kinds are conditions: they hold or they do not, a check says which, and an
alert resolves itself when its condition ends::

    HOST_DISCONNECTED = declare("host-disconnected", "Host disconnected", "A host does not answer.")

    @check(HOST_DISCONNECTED)
    def silent_hosts() -> Iterator[Condition]: ...

Others are things that happened, such as a failed job: they are raised, and somebody says that they have seen to it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection, models, transaction

from cloudportal.core import clock, events
from cloudportal.core.events import System
from cloudportal.core.models import Alert, Event
from cloudportal.core.states import ALERT, UNRESOLVED


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of alert. `lasts`: it is a condition, and ends by itself; others end when they are acknowledged."""

    name: str
    label: str
    help: str
    lasts: bool = True


@dataclass(frozen=True, slots=True)
class Subject:
    """What an alert is about. `about` tells it from the others of its kind; rows are known by type and id."""

    about: str
    type: str = ""
    uuid: UUID | None = None
    name: str = ""
    zone_id: int | None = None
    zone_name: str = ""


@dataclass(frozen=True, slots=True)
class Condition:
    """What a check found about one subject. One that does not `open` an alert keeps one that is open from resolving:
    between the two thresholds nothing changes.
    """

    subject: Subject
    message: str
    level: str = Event.Level.WARNING
    opens: bool = True


Find = Callable[[], Iterable[Condition]]
KINDS: dict[str, Kind] = {}
CHECKS: dict[str, Find] = {}


def declare(name: str, label: str, help: str, *, lasts: bool = True) -> Kind:
    """Make a kind of alert known to every door."""
    if name in KINDS:
        raise ValueError(f"Two kinds of alerts are called {name}")
    KINDS[name] = Kind(name, label, help, lasts)
    return KINDS[name]


def check(kind: Kind) -> Callable[[Find], Find]:
    """Decorator: the function says, whenever it is asked, where the condition holds."""

    def register(find: Find) -> Find:
        CHECKS[kind.name] = find
        return find

    return register


def subject_of(row: Any, zone: Any = None) -> Subject:
    """A row as the subject of an alert, in a zone if it is in one."""
    label, place = row._meta.label_lower, zone or getattr(row, "zone", None)
    return Subject(
        f"{label}:{row.uuid}", label, row.uuid, str(row), getattr(place, "pk", None), str(place) if place else ""
    )


def raise_alert(kind: Kind, subject: Subject, message: str, *, level: str = Event.Level.ERROR) -> None:
    """Open an alert, or count one more occurrence of the one that is open: in the caller's transaction.

    Of many that raise the same at once, one opens it.
    """
    with transaction.atomic():
        _hold(kind)
        _write(kind, [Condition(subject, message, level)], again=1)


def resolve(kind: Kind, abouts: Collection[str]) -> None:
    """What these alerts were about is over; where there is none, nothing happens."""
    if not abouts:
        return
    with transaction.atomic():
        _hold(kind)
        _resolve(Alert.objects.filter(kind=kind.name, about__in=abouts))


def run_check(name: str) -> None:
    """Ask a check, and make the alerts of its kind what it found: missing ones open, those that are over resolve.

    Nobody raises or resolves alerts of the kind between the question and the answer, so that neither comes too late.
    """
    kind = KINDS[name]
    with transaction.atomic():
        _hold(kind)
        found = list(CHECKS[name]())
        _write(kind, found, again=0)
        # Compared here: a list of thousands makes a poor condition of a query.
        holding = {each.subject.about for each in found}
        rows = Alert.objects.filter(kind=name, state__in=UNRESOLVED).values_list("pk", "about")
        over = [pk for pk, about in rows if about not in holding]
        if over:
            _resolve(Alert.objects.filter(pk__in=over))


def resolve_forgotten(kinds: Iterable[Kind], before: Any) -> int:
    """Resolve what only happened and was not seen since a moment; returns how many that were."""
    names = [kind.name for kind in kinds if not kind.lasts]
    with transaction.atomic():
        return _resolve(Alert.objects.filter(kind__in=names, last_seen_at__lt=before))


def announce(uuid: UUID) -> None:
    """Tell the browsers of whoever may see alerts."""
    events.announce("resource", type=Alert._meta.label_lower, resource=uuid)


# Of one subject there is at most one that is not resolved; the index that says so decides who opens it. Between two
# checks `opens` is false where the value lies below the threshold and above where it would be over.
_WORSE = "array_position(%(levels)s::text[], EXCLUDED.level::text) > array_position(%(levels)s::text[], a.level::text)"
_UPSERT = f"""
WITH found AS (
    SELECT * FROM unnest(%(about)s::text[], %(level)s::text[], %(message)s::text[], %(type)s::text[], %(uuid)s::uuid[],
                         %(name)s::text[], %(zone)s::bigint[], %(zone_name)s::text[], %(opens)s::boolean[])
        AS f(about, level, message, type, uuid, name, zone, zone_name, opens)),
written AS (
    INSERT INTO core_alert AS a (
        uuid, kind, about, level, message, resource_type, resource_uuid, resource_name, zone_id, zone_name, state,
        occurrences, raised_at, last_seen_at, acknowledged_by, note)
    SELECT gen_random_uuid(), %(kind)s, f.about, f.level, f.message, f.type, f.uuid, f.name, f.zone, f.zone_name,
           'Open', 1, %(now)s, %(now)s, '', ''
    FROM found f
    WHERE f.opens OR EXISTS (
        SELECT 1 FROM core_alert o
        WHERE o.kind = %(kind)s AND o.about = f.about AND o.state IN ('Acknowledged', 'Open'))
    ORDER BY f.about
    ON CONFLICT (kind, about) WHERE state IN ('Acknowledged', 'Open') DO UPDATE SET
        message = EXCLUDED.message, resource_type = EXCLUDED.resource_type, resource_uuid = EXCLUDED.resource_uuid,
        resource_name = EXCLUDED.resource_name, zone_id = EXCLUDED.zone_id, zone_name = EXCLUDED.zone_name,
        last_seen_at = EXCLUDED.last_seen_at, occurrences = a.occurrences + %(again)s,
        level = CASE WHEN {_WORSE} THEN EXCLUDED.level ELSE a.level END,
        state = CASE WHEN {_WORSE} THEN 'Open' ELSE a.state END,
        raised_at = CASE WHEN {_WORSE} THEN EXCLUDED.raised_at ELSE a.raised_at END
    RETURNING a.id, a.uuid, a.raised_at)
SELECT id, uuid, raised_at = %(now)s FROM written ORDER BY id
"""  # noqa: S608 - constants of ours


def _hold(kind: Kind) -> None:
    """One at a time for each kind that lasts: whoever looks and then writes must not be overtaken."""
    if kind.lasts:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"alerts:{kind.name}"])


def _write(kind: Kind, found: list[Condition], *, again: int) -> None:
    if not found:
        return
    subjects = [each.subject for each in found]
    values: dict[str, Any] = {
        "kind": kind.name,
        "now": clock.now(),
        "again": again,
        "levels": list(Event.Level.values),
        "about": [subject.about for subject in subjects],
        "level": [each.level for each in found],
        "message": [each.message for each in found],
        "type": [subject.type for subject in subjects],
        "uuid": [subject.uuid for subject in subjects],
        "name": [subject.name[:255] for subject in subjects],
        "zone": [subject.zone_id for subject in subjects],
        "zone_name": [subject.zone_name for subject in subjects],
        "opens": [each.opens for each in found],
    }
    with connection.cursor() as cursor:
        cursor.execute(_UPSERT, values)
        rows = cursor.fetchall()
    worse = {pk for pk, _, is_new in rows if is_new}
    for alert in Alert.objects.filter(pk__in=worse).order_by("pk"):
        events.record(
            System(), "alerts.open", alert.message, resource=alert, level=alert.level, kind=alert.kind,
            about=alert.about,
        )  # fmt: skip
    for _, uuid, is_new in rows:
        if is_new or again:
            announce(uuid)


def _resolve(rows: models.QuerySet[Alert]) -> int:
    over = list(rows.filter(state__in=ALERT.resolve.start).select_for_update(no_key=True).order_by("pk"))
    moment = clock.now()
    Alert.objects.filter(pk__in=[alert.pk for alert in over]).update(state=ALERT.resolve.done, resolved_at=moment)
    for alert in over:
        events.record(System(), "alerts.resolve", f"Over: {alert.message}", resource=alert, kind=alert.kind)
        announce(alert.uuid)
    return len(over)

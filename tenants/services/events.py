"""Taking events away as a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery

from cloudportal.core import events as trail
from cloudportal.core.errors import PermissionDenied
from cloudportal.core.models import Event
from tenants.actor import Actor
from tenants.models import Account
from tenants.selectors import sees_origins

CHUNK = 1000

_OWNER = Account.objects.order_by().filter(pk=OuterRef("account_id"))
# What a column is called in the file, and where it comes from.
_SOURCES: dict[str, Any] = {
    "id": "uuid",
    "at": "at",
    "action": "action",
    "outcome": "outcome",
    "level": "level",
    "message": "message",
    "actor": "actor_name",
    "on_behalf_of": "on_behalf_of_name",
    "account": Subquery(_OWNER.values("name")),
    "account_id": Subquery(_OWNER.values("uuid")),
    "resource_type": "resource_type",
    "resource_id": "resource_uuid",
    "resource_name": "resource_name",
    "job": "job_uuid",
    "request_id": "request_id",
    "address": "address",
    "key": "key_id",
    "session": "session",
    "before": "before",
    "after": "after",
    "details": "details",
}
COLUMNS = list(_SOURCES)
_ORIGIN = ("address", "key", "session")


def export_events(actor: Actor, *, events: QuerySet[Event], filters: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Read events for a file, the oldest first, and leave an event that it was done.

    Raises:
        PermissionDenied: the actor may not export events anywhere.
    """
    if not actor.may("audit.export"):
        raise PermissionDenied("You may not export events.")
    with transaction.atomic():
        # Its own event is not in the file: what comes meanwhile is not either.
        newest = Event.objects.order_by("-id").values_list("pk", flat=True).first() or 0
        trail.record(
            actor, "audit.export", "Events exported.", account_id=actor.account_id, level="warning", filters=filters
        )
    return _read(events.filter(pk__lte=newest), hidden=() if sees_origins(actor) else _ORIGIN)


def _read(events: QuerySet[Event], hidden: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """In pieces by id, so that no transaction and no cursor stays open while somebody downloads slowly."""
    annotated = {f"export_{name}": source for name, source in _SOURCES.items() if not isinstance(source, str)}
    paths = [source if isinstance(source, str) else f"export_{name}" for name, source in _SOURCES.items()]
    rows = events.annotate(**annotated).order_by("pk").values_list("pk", *paths)
    last = 0
    while piece := list(rows.filter(pk__gt=last)[:CHUNK]):
        for key, *values in piece:
            shown = dict(zip(COLUMNS, values, strict=True))
            yield {**shown, **dict.fromkeys(hidden)}
            last = key

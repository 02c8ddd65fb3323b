"""Writing the audit trail, and telling the browsers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Protocol

from django.db import connection

from cloudportal.core import origin
from cloudportal.core.differences import take
from cloudportal.core.models import Event, EventNotice

CHANNEL = "cloudportal"


class Who(Protocol):
    """The part of an actor that the trail keeps."""

    @property
    def user_id(self) -> int | None: ...
    @property
    def name(self) -> str: ...


@dataclass(frozen=True, slots=True)
class System:
    """The actor of work that nobody asked for."""

    user_id: int | None = None
    name: str = "system"


def record(
    actor: Who,
    action: str,
    message: str,
    *,
    resource: Any = None,
    account_id: int | None = None,
    job_uuid: Any = None,
    level: str = Event.Level.INFO,
    outcome: str = Event.Outcome.SUCCEEDED,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    **details: Any,
) -> Event:
    """Append to the trail, in the caller's transaction. Secrets must not be in `details`.

    Where it comes from is added from `core.origin`, and what `core.writing` has done to the resource since its last
    event is shown before and after. While an operator acts for somebody, the event is the operator's, on behalf of
    the actor.
    """
    if account_id is None:
        account_id = getattr(resource, "account_id", None)
    came = origin.current()
    written = take(resource)
    event = Event.objects.create(
        action=action,
        level=level,
        outcome=outcome,
        message=message,
        account_id=account_id,
        resource_type=resource._meta.label_lower if resource is not None else "",
        resource_uuid=getattr(resource, "uuid", None),
        resource_name=str(resource) if resource is not None else "",
        job_uuid=job_uuid,
        address=came.address,
        key_id=came.key_id,
        session=came.session,
        request_id=came.request_id,
        before=before or written.before,
        after=after or written.after,
        details=details,
        **_names(actor, came),
    )
    EventNotice.objects.create(event_id=event.pk)
    return event


def _names(actor: Who, came: origin.Origin) -> dict[str, Any]:
    if came.operator_id is None or actor.user_id in (None, came.operator_id):
        return {"actor_id": actor.user_id, "actor_name": actor.name}
    return {
        "actor_id": came.operator_id,
        "actor_name": came.operator_name,
        "on_behalf_of_id": actor.user_id,
        "on_behalf_of_name": actor.name,
    }


def announce(kind: str, **payload: Any) -> None:
    """Tell the live processes that something changed; they hear it when the transaction commits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, json.dumps({"kind": kind, **payload}, default=str)])

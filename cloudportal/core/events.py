"""Writing the audit trail, and telling the browsers."""

from __future__ import annotations

import json
from typing import Any, Protocol

import structlog
from django.db import connection

from cloudportal.core.models import Event

CHANNEL = "cloudportal"


class Who(Protocol):
    """The part of an actor that the trail keeps."""

    @property
    def user_id(self) -> int | None: ...
    @property
    def name(self) -> str: ...


def record(
    actor: Who,
    action: str,
    message: str,
    *,
    resource: Any = None,
    account_id: int | None = None,
    job_uuid: Any = None,
    level: str = Event.Level.INFO,
    **details: Any,
) -> Event:
    """Append to the trail, in the caller's transaction. Secrets must not be in `details`."""
    if account_id is None:
        account_id = getattr(resource, "account_id", None)
    return Event.objects.create(
        action=action,
        level=level,
        message=message,
        actor_id=actor.user_id,
        actor_name=actor.name,
        account_id=account_id,
        resource_type=resource._meta.label_lower if resource is not None else "",
        resource_uuid=getattr(resource, "uuid", None),
        resource_name=str(resource) if resource is not None else "",
        job_uuid=job_uuid,
        request_id=structlog.contextvars.get_contextvars().get("request_id", ""),
        details=details,
    )


def announce(kind: str, **payload: Any) -> None:
    """Tell the live processes that something changed; they hear it when the transaction commits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, json.dumps({"kind": kind, **payload}, default=str)])

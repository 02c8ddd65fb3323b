"""Tags on whatever a tenant owns."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any, TypeVar

from django.db import connection, models, transaction

from cloudportal.core import events
from cloudportal.core.errors import Conflict, InvalidInput, NotFound
from cloudportal.core.writing import constraints_as_messages
from cloudportal.jobs import services as jobs
from tenants.actor import Actor
from tenants.sharing import require_on
from tenants.tagging import checked_tags

R = TypeVar("R", bound=models.Model)

# Reads and writes the row under one lock, so that nobody's tags in between are lost.
_CHANGE = """
WITH before AS (SELECT id, tags FROM {table} WHERE id = %(id)s AND account_id = %(account)s {alive} FOR NO KEY UPDATE)
UPDATE {table} t SET tags = (t.tags - %(remove)s::text[]) || %(set)s::jsonb
FROM before WHERE t.id = before.id RETURNING before.tags::text, t.tags::text
"""


def change_tags(
    actor: Actor, *, thing: R, set: Mapping[str, str] | None = None, remove: Collection[str] = ()
) -> R:  # fmt: skip
    """Write some tags and take some away; the others stay. What is in both is written.

    Raises:
        NotFound, PermissionDenied: the actor may not manage that kind of thing on the account.
        InvalidInput: a tag is malformed, or there would be too many.
        Conflict: nobody holds the thing, so that it is nobody's to write on.
    """
    row: Any = thing
    if row.account_id is None:
        raise Conflict(f"{row} is free; it can be tagged while an account holds it.")
    require_on(actor, permission_on(row), row)
    new = checked_tags(set or {}, "set")
    if not new and not remove:
        raise InvalidInput({"": "Nothing to change; there are set, remove."})
    with transaction.atomic():
        with constraints_as_messages(type(row)):
            before, after = _written(row, new, remove)
        row.tags = after
        if before != after:
            action, words = f"{row._meta.app_label}.change_tags", f"Tags of {row._meta.verbose_name} {row} changed."
            events.record(actor, action, words, resource=row, before={"tags": before}, after={"tags": after})
            jobs.announce_resource(row)
    return thing


def permission_on(row: Any) -> str:
    """What changing a thing takes: of its app, if it says nothing else."""
    return getattr(row, "managed_by", f"{row._meta.app_label}.manage")


def _written(row: Any, new: Mapping[str, str], remove: Collection[str]) -> tuple[dict[str, str], dict[str, str]]:
    """The tags before and after."""
    has_end = any(field.name == "removed_at" for field in row._meta.fields)
    sql = _CHANGE.format(table=row._meta.db_table, alive="AND removed_at IS NULL" if has_end else "")
    values = {"id": row.pk, "account": row.account_id, "remove": list(remove), "set": json.dumps(dict(new))}
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        found = cursor.fetchone()
    if found is None:
        raise NotFound
    return json.loads(found[0]), json.loads(found[1])

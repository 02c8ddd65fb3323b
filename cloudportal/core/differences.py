"""What a write changed, as the audit trail shows it: field by field, secrets masked, long text cut."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import models

from cloudportal.core.masking import MASK, SECRET_NAMES, masked
from cloudportal.core.secrets import EncryptedTextField

LONGEST = 1000
_WAITING = "_difference"


@dataclass(frozen=True, slots=True)
class Difference:
    """The fields before and after. Both hold the same names, apart from something made or removed."""

    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)


def facts(row: models.Model, only: Iterable[str] | None = None) -> dict[str, Any]:
    """The row's fields for the trail, without ids and without those that its `hidden_from_trail` names."""
    hidden = getattr(row, "hidden_from_trail", ())
    wanted = None if only is None else set(only)
    return {
        one.name: shown(one, _value(row, one))
        for one in row._meta.concrete_fields
        if one.editable and not one.primary_key and one.name not in hidden and (wanted is None or one.name in wanted)
    }


def shown(column: models.Field[Any, Any], value: Any) -> Any:
    """A value as the trail may keep it. An empty secret stays empty: that there is none is no secret."""
    if value in (None, ""):
        return value
    if isinstance(column, EncryptedTextField) or SECRET_NAMES.search(column.name):
        return MASK
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, str):
        text = masked(value)
        return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
    return value


def wait_for_event(row: models.Model, before: dict[str, Any], after: dict[str, Any]) -> None:
    """Keep what was written to a row until `take` hands it to the event. What was written earlier stays the start."""
    earlier: Difference = row.__dict__.get(_WAITING) or Difference()
    row.__dict__[_WAITING] = Difference({**before, **earlier.before}, {**earlier.after, **after})


def take(row: Any) -> Difference:
    """What was written to the row since its last event: only what differs."""
    waiting: Difference | None = getattr(row, "__dict__", {}).pop(_WAITING, None)
    if waiting is None:
        return Difference()
    if not waiting.before:
        return waiting
    same = {name for name, value in waiting.before.items() if name in waiting.after and waiting.after[name] == value}
    # Of two secrets the masks are equal, and yet one became the other.
    same = {name for name in same if waiting.after[name] != MASK}
    return Difference(_without(waiting.before, same), _without(waiting.after, same))


def _without(values: dict[str, Any], names: set[str]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in names}


def _value(row: models.Model, column: models.Field[Any, Any]) -> Any:
    """A reference is shown by its name: ids of the inside are nobody's business outside."""
    if column.is_relation:
        related = getattr(row, column.name)
        return None if related is None else str(related)
    return getattr(row, column.attname)

"""Pages of a list by keyset: every page costs the same, wherever it is, and nothing is counted.

A cursor names a place between two rows, not a page number: rows that come or go meanwhile shift nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from django.db.models import F, Model, Q, QuerySet

from cloudportal.core.errors import InvalidInput
from cloudportal.doors.compiled import fetch
from cloudportal.doors.cursors import Place, seal, unseal
from cloudportal.doors.ordering import Order

DEFAULT_SIZE = 50
LARGEST_SIZE = 200

KEY, ID = "_page_key", "_page_id"

T = TypeVar("T")


class Columns(Protocol):
    """What is selected of each row. `shape` stands for the SQL of it, which is written once for all callers."""

    @property
    def shape(self) -> Any: ...

    def __call__(self, queryset: QuerySet[Any]) -> QuerySet[Any, tuple[Any, ...]]: ...


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows in order, and the cursors of what is after and before them; None at the ends."""

    rows: list[T]
    next: str | None
    previous: str | None


@dataclass(frozen=True, slots=True)
class _Taken(Generic[T]):
    """A row as the caller gets it, with the place that it has."""

    row: T
    key: Any
    id: int


def page(
    queryset: QuerySet[Any, T], cursor: str | None, size: int, order: Order, columns: Columns | None = None
) -> Page[T]:
    """Read at most `size` rows from a cursor on, or the first ones without a cursor, with one query.

    The queryset may be of models, of `.values()` or of `.values_list()`; its own ordering is replaced. With `columns`,
    which turns it into tuples and filters nothing, its SQL is written once for all callers.

    Raises:
        InvalidInput: the cursor is not one that this list gave out for this order.
    """
    label = queryset.model._meta.label_lower
    place = unseal(cursor, label, order.name) if cursor else None
    found, more = _read(queryset, place, size, order, columns)
    if not found and place is not None and not place.forward:
        # What stood before is gone by now: the beginning is the honest answer.
        place = None
        found, more = _read(queryset, place, size, order, columns)
    after, before = _ends(found, more, place)
    return Page(
        [taken.row for taken in found],
        seal(after, label, order.name) if after else None,
        seal(before, label, order.name) if before else None,
    )


def page_size(text: str | None) -> int:
    """Read ``?limit=``.

    Raises:
        InvalidInput: it is not a number from 1 to LARGEST_SIZE.
    """
    if not text:
        return DEFAULT_SIZE
    if not (text.isascii() and text.isdigit() and len(text) < 7 and 1 <= int(text) <= LARGEST_SIZE):
        raise InvalidInput({"limit": f"The limit is a number from 1 to {LARGEST_SIZE}."})
    return int(text)


def _read(
    queryset: QuerySet[Any, T], place: Place | None, size: int, order: Order, columns: Columns | None
) -> tuple[list[_Taken[T]], bool]:
    """The rows of a page in order, and whether there are more in the direction of reading."""
    forward = place is None or place.forward

    def whole(rows: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
        keys = {ID: F("pk")} if order.column == "pk" else {ID: F("pk"), KEY: F(order.column)}
        rows = (columns(rows) if columns else rows).annotate(**keys).order_by(*order.fields)
        # One row more than asked for says whether there is another page.
        return (rows if forward else rows.reverse())[: size + 1]

    rows = queryset if place is None else queryset.filter(_beyond(place, order))
    read = fetch(rows, whole, (columns.shape, order, forward, size)) if columns else whole(rows)
    found = [_taken(row, order) for row in read]
    more = len(found) > size
    found = found[:size]
    return (found if forward else found[::-1]), more


def _beyond(place: Place, order: Order) -> Q:
    """The rows after a place, in a form that lets an index on the column be entered at the key."""
    operator = "gt" if place.forward != order.descending else "lt"
    tie = Q(**{f"pk__{operator}": place.id})
    if order.column == "pk":
        return tie
    from_key_on = Q(**{f"{order.column}__{operator}e": place.key})
    return from_key_on & (Q(**{f"{order.column}__{operator}": place.key}) | tie)


def _taken(row: Any, order: Order) -> _Taken[Any]:
    """Takes the columns that `_read` added out of the row again."""
    by_id = order.column == "pk"
    if isinstance(row, dict):
        return _Taken(row, None if by_id else row.pop(KEY), row.pop(ID))
    if isinstance(row, Model):
        return _Taken(row, getattr(row, KEY, None), getattr(row, ID))
    return _Taken(row[:-1], None, row[-1]) if by_id else _Taken(row[:-2], row[-1], row[-2])


def _ends(found: list[_Taken[Any]], more: bool, place: Place | None) -> tuple[Place | None, Place | None]:
    """The places where the next and the previous page begin."""
    if not found:
        return None, Place(False, place.key, place.id) if place else None
    first, last = found[0], found[-1]
    forward = place is None or place.forward
    has_next = more if forward else True
    has_previous = place is not None if forward else more
    return (
        Place(True, last.key, last.id) if has_next else None,
        Place(False, first.key, first.id) if has_previous else None,
    )

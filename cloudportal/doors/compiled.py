"""Lists without writing their SQL anew for each request.

What a list selects, joins and sorts by is the same for everybody; what is the caller's own is the condition. So the
condition is compiled each time, from the rows that the selector gave, and the rest is taken from the first time that
a query of this shape was compiled whole. The text of the condition and the joins it made are part of the shape, and
its values are never kept: nothing is remembered that depends on rights or data.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Any

from django.core.exceptions import EmptyResultSet, FullResultSet
from django.db import connection
from django.db.models import QuerySet

from cloudportal.core.prepared import fetch_all

Whole = Callable[[QuerySet[Any]], QuerySet[Any, tuple[Any, ...]]]
Convert = tuple[int, tuple[Callable[..., Any], ...], Any]

SHAPES = 1_000


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL with places for the condition's values between values that never change."""

    sql: str
    before: tuple[Any, ...]
    after: tuple[Any, ...]
    converters: tuple[Convert, ...]

    def run(self, values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        rows = fetch_all(self.sql, (*self.before, *values, *self.after))
        return [self._converted(row) for row in rows] if self.converters else rows

    def _converted(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        columns = list(row)
        for place, converters, expression in self.converters:
            for convert in converters:
                columns[place] = convert(columns[place], expression, connection)
        return tuple(columns)


def fetch(rows: QuerySet[Any], whole: Whole, shape: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """The rows of ``whole(rows)``.

    `rows` is filtered and nothing else. `whole` adds columns, order and limit, and is known by `shape`: it must do the
    same whenever the shape is the same, and must not filter.
    """
    condition = _condition(rows)
    if condition is None:
        return list(whole(rows))
    sql, values = condition
    key = (rows.model, _joins(rows), sql, shape)
    statement = _shapes.get(key, lambda: _statement(whole(rows), sql, values))
    if statement is None:
        return list(whole(rows))
    return statement.run(values)


def _condition(rows: QuerySet[Any]) -> tuple[str, tuple[Any, ...]] | None:
    """The WHERE clause; None where the query has more than conditions."""
    query = rows.query
    more = query.distinct or query.combinator or query.annotations or query.extra or query.is_sliced or query.group_by
    if more or not query.where:
        return None
    compiler = query.get_compiler(connection=connection)
    try:
        sql, values = compiler.compile(query.where)
    except (EmptyResultSet, FullResultSet):
        return None
    return sql, tuple(values)


def _joins(rows: QuerySet[Any]) -> tuple[Any, ...]:
    query = rows.query
    return tuple(
        (alias, join.table_name, join.parent_alias, join.join_type, query.alias_refcount[alias])
        for alias, join in query.alias_map.items()
    )


def _statement(rows: QuerySet[Any], condition: str, values: tuple[Any, ...]) -> Statement | None:
    """The whole query taken apart around its condition; None where the condition does not stand in it as it is."""
    compiler = rows.query.get_compiler(connection=connection)
    sql, params = compiler.as_sql()
    where = f" WHERE {condition}"
    if sql.count(where) != 1:
        return None
    place = sql.partition(where)[0].replace("%%", "").count("%s")
    before, own, after = params[:place], params[place : place + len(values)], params[place + len(values) :]
    if own != values:
        return None
    found = compiler.get_converters([column for column, _, _ in compiler.select])
    converters = tuple((position, tuple(convs), expression) for position, (convs, expression) in found.items())
    return Statement(sql, before, after, converters)


class _Shapes:
    """The statements of the shapes that were asked for last."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: OrderedDict[Any, Statement | None] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Any, make: Callable[[], Statement | None]) -> Statement | None:
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
                return self._known[key]
        made = make()
        with self._lock:
            self._known[key] = made
            while len(self._known) > self._most:
                self._known.popitem(last=False)
        return made


_shapes = _Shapes(SHAPES)

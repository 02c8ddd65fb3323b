"""Statements that every request runs, prepared: PostgreSQL parses and plans them once a connection."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, TypeVar, cast

from django.db import connection
from django.db.backends.postgresql.psycopg_any import get_adapters_template
from psycopg import AsyncConnection, Connection, Cursor
from psycopg.adapt import AdaptersMap
from psycopg.types.datetime import TimestamptzLoader

Params = Sequence[Any] | dict[str, Any] | None
T = TypeVar("T", bound=Connection[Any] | AsyncConnection[Any])


class PreparedCursor(Cursor[Any]):
    """Values travel apart from the text, so that one text stays one statement.

    How often a text is run before it is prepared is the connection's `prepare_threshold` (DATABASE_PREPARES).
    """

    def __init__(self, raw: Connection[Any]) -> None:
        super().__init__(raw)
        self._adapters = _adapters()

    def _convert_query(self, query: Any, params: Any = None) -> Any:
        # Django's log of statements reads it from here.
        self._query = super()._convert_query(query, params)
        return self._query


def fetch_all(sql: str, params: Params = None) -> list[tuple[Any, ...]]:
    """Run a statement whose text never varies and read all rows.

    JSON and network types come as text, as Django's own cursors give them; times are in UTC.
    """
    connection.ensure_connection()
    with connection.wrap_database_errors:
        raw = PreparedCursor(connection.connection)
    wrap = connection.make_debug_cursor if connection.queries_logged else connection.make_cursor
    # It has all that a cursor of Django's has but a name for its class.
    with wrap(cast("Any", raw)) as cursor:
        cursor.execute(sql, params)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


_found: list[AdaptersMap] = []


def _adapters() -> AdaptersMap:
    """Django's, but for times: its own loader is written in Python and is called for each of them."""
    if not _found:
        adapters = AdaptersMap(get_adapters_template(True, dt.UTC))
        adapters.register_loader("timestamptz", TimestamptzLoader)
        _found.append(adapters)
    return _found[0]

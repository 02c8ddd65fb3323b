"""Rows of an OVSDB database, found by name and brought into the state that is wanted.

A row that nothing refers to vanishes by itself unless its table is a root of the schema, so removing
the reference is what deletes a port or a rule.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from ovs.db.idl import Idl, Transaction

OBJECT_KEY = "cloudportal:object"
ROLE_KEY = "cloudportal:role"

# The rows of python-ovs have one class for all tables and no types.
Row: TypeAlias = Any


class Rows:
    """A view of a replica, and inside a transaction the means to change it."""

    def __init__(self, idl: Idl, transaction: Transaction | None) -> None:
        self._idl = idl
        self._transaction = transaction

    def has_column(self, table: str, column: str) -> bool:
        """Whether this release of OVN knows the column."""
        return column in self._idl.tables[table].columns

    def all(self, table: str) -> list[Row]:
        return list(self._idl.tables[table].rows.values())

    def named(self, table: str, name: str) -> Row | None:
        """The row of that name. Switches and routers have no unique names in the schema; ours do."""
        return self._first(table, "name", name=name)

    def of_object(self, table: str, key: str) -> Row | None:
        """The row that was made for an object of ours, in a table without names."""
        return self._first(table, OBJECT_KEY, external_ids={OBJECT_KEY: key})

    def ensure_named(self, table: str, name: str, **columns: object) -> Row:
        """The row of that name with these columns, whatever it was before."""
        return self._ensure(self.named(table, name), table, {"name": name, **columns})

    def ensure_object(self, table: str, key: str, **columns: object) -> Row:
        """The row made for an object, with these columns."""
        return self._ensure(self.of_object(table, key), table, {"external_ids": {OBJECT_KEY: key}, **columns})

    def ensure_child(self, parent: Row, column: str, table: str, role: str, **columns: object) -> Row:
        """The one row of a parent's list that plays a role, with these columns."""
        row = next((row for row in children(parent, column) if row.external_ids.get(ROLE_KEY) == role), None)
        row = self._ensure(row, table, {"external_ids": {ROLE_KEY: role}, **columns})
        self.refer(parent, column, row)
        return row

    def refer(self, parent: Row, column: str, row: Row) -> None:
        """Add a reference without touching those that other writers add at the same time."""
        if row not in children(parent, column):
            if hasattr(parent, "name"):
                _insist(parent, "name")
            parent.addvalue(column, row)

    def drop(self, parent: Row, column: str, row: Row) -> None:
        parent.delvalue(column, row)
        row.delete()

    def _ensure(self, row: Row | None, table: str, columns: dict[str, object]) -> Row:
        if row is None:
            assert self._transaction is not None, "rows change inside a transaction alone"  # noqa: S101
            row = self._transaction.insert(self._idl.tables[table])
        for column, value in columns.items():
            if getattr(row, column, None) != value:
                setattr(row, column, value)
        return row

    def _first(self, table: str, index: str, **values: object) -> Row | None:
        rows = self._idl.tables[table].rows
        entry = rows.IndexEntry(**values)
        return next(iter(rows.indexes[index].irange(entry, entry)), None)


def children(parent: Row, column: str) -> list[Row]:
    """The rows in a column of references. A row that this transaction made has no columns to read yet."""
    return list(getattr(parent, column, ()))


def _insist(row: Row, column: str) -> None:
    """Let the transaction fail and run again when somebody has deleted the row meanwhile."""
    row.verify(column)

"""One OVSDB database: a replica in memory, atomic changes, and reads that are never older than the call."""

from __future__ import annotations

import os
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from ovs import stream
from ovs.db.idl import Idl
from ovs.db.idl import Transaction as IdlTransaction
from ovsdbapp.backend.ovs_idl.connection import Connection, OvsdbIdl
from ovsdbapp.backend.ovs_idl.transaction import Transaction
from ovsdbapp.exceptions import TimeoutException

from cloudportal.infrastructure.drivers.deadline import within
from cloudportal.infrastructure.drivers.errors import Fatal, Retryable
from network.backends.ovn.address import TlsFiles
from network.backends.ovn.rows import OBJECT_KEY, Rows

CONNECT_SECONDS = 15.0
COMMIT_SECONDS = 20
# Two workers that make the same object at once: the slower one finds it made at its next attempt.
ATTEMPTS = 5
UNREACHABLE = "it can't be reached."
RACES = ("constraint violation", "referential integrity violation")
NAMED_TABLES = frozenset({"Logical_Switch", "Logical_Router", "Logical_Switch_Port", "Logical_Router_Port"})
OBJECT_TABLES = frozenset({"DHCP_Options", "DNS"})

Answer = TypeVar("Answer")


class Database:
    """A connection and its replica. Threads may share it; a child of a fork opens its own."""

    def __init__(self, remote: str, schema: str, tables: Sequence[str], tls: TlsFiles | None) -> None:
        """Raises Retryable when the server can't be reached."""
        what = f"Connect to {schema}"
        try:
            self._connection = within(CONNECT_SECONDS, what, lambda: _connected(remote, schema, tables, tls))
        except Retryable as silence:
            raise Retryable(silence.message, remote) from silence
        except (TimeoutException, OSError, RuntimeError) as error:
            raise Retryable(f"{what}: {UNREACHABLE}", f"{remote}: {error}") from error
        except Exception as error:
            # ovsdbapp raises a bare Exception when no server of the list hands out the schema.
            if type(error) is not Exception:
                raise
            raise Retryable(f"{what}: {UNREACHABLE}", f"{remote}: {error}") from error

    def read(self, what: str, work: Callable[[Rows], Answer]) -> Answer:
        """Run `work` on a replica that has everything that was committed before the call.

        Raises:
            Retryable: the server does not answer.
        """
        self._catch_up(what)
        return self.glance(work)

    def glance(self, work: Callable[[Rows], Answer]) -> Answer:
        """Run `work` on the replica as it is, for those who look again soon."""
        with self._connection.lock:
            return work(Rows(self._connection.idl, None))

    def change(self, what: str, work: Callable[[Rows], Answer]) -> Answer:
        """Run `work` and commit what it changed, all or nothing. It may be run more than once.

        Raises:
            Retryable: the server does not answer, or other writers were faster time and again.
            Fatal: the server refuses the change.
        """
        for attempt in range(ATTEMPTS):
            self._catch_up(what)
            try:
                return self._commit(what, _Change(self._connection.idl, work))
            except _LostRaceError as race:
                if attempt == ATTEMPTS - 1:
                    raise Retryable(f"{what}: others were faster.", str(race)) from race
        raise AssertionError("unreachable")

    def increment(self, what: str, work: Callable[[Rows], tuple[Any, str]]) -> int:
        """Add one to a column of a row that `work` names, atomically; the new value."""
        self._catch_up(what)
        return self._commit(what, _Increment(self._connection.idl, work))

    def _catch_up(self, what: str) -> None:
        """Updates come before the answer to whatever is asked after them, so asking anything catches up."""
        self._commit(what, _Barrier(self._connection.idl))

    def _commit(self, what: str, command: _Command[Answer]) -> Answer:
        transaction = Transaction(command, self._connection, COMMIT_SECONDS, check_error=True, log_errors=False)
        transaction.add(command)
        try:
            transaction.commit()
        except TimeoutException as error:
            raise Retryable(f"{what}: OVN's database did not answer within {COMMIT_SECONDS} s.") from error
        except RuntimeError as error:
            if any(race in str(error) for race in RACES):
                raise _LostRaceError(str(error)) from error
            if "OVSDB Error" in str(error):
                raise Fatal(f"{what}: OVN's database refused.", str(error)) from error
            raise Retryable(f"{what}: OVN's database failed.", str(error)) from error
        if command.result is None:
            raise Retryable(f"{what}: the change was dropped.")
        return command.result[0]


class _LostRaceError(Exception):
    """Another writer made the same object first."""


class _Command(ABC, Generic[Answer]):
    """What ovsdbapp's transaction runs; it also asks its api for the replica, so this is that too."""

    def __init__(self, idl: Idl) -> None:
        self.idl = idl
        self.result: tuple[Answer] | None = None

    @abstractmethod
    def run_idl(self, transaction: IdlTransaction) -> None: ...

    def post_commit(self, transaction: IdlTransaction) -> None:
        """Called when the server has taken the change."""


class _Barrier(_Command[None]):
    def run_idl(self, transaction: IdlTransaction) -> None:
        transaction.add_op({"op": "comment", "comment": "catch up"})
        self.result = (None,)


class _Change(_Command[Answer]):
    def __init__(self, idl: Idl, work: Callable[[Rows], Answer]) -> None:
        super().__init__(idl)
        self._work = work

    def run_idl(self, transaction: IdlTransaction) -> None:
        self.result = (self._work(Rows(self.idl, transaction)),)


class _Increment(_Command[int]):
    def __init__(self, idl: Idl, work: Callable[[Rows], tuple[Any, str]]) -> None:
        super().__init__(idl)
        self._work = work

    def run_idl(self, transaction: IdlTransaction) -> None:
        row, column = self._work(Rows(self.idl, transaction))
        row.increment(column)
        # A transaction that only increments is not sent.
        transaction.add_op({"op": "comment", "comment": f"next {column}"})

    def post_commit(self, transaction: IdlTransaction) -> None:
        self.result = (transaction.get_increment_new_value(),)


def _connected(remote: str, schema: str, tables: Sequence[str], tls: TlsFiles | None) -> Connection:
    if tls is not None:
        stream.Stream.ssl_set_private_key_file(tls.key)
        stream.Stream.ssl_set_certificate_file(tls.certificate)
        stream.Stream.ssl_set_ca_cert_file(tls.authority)
    idl = OvsdbIdl.from_server(remote, schema, helper_tables=tables)
    for table in idl.tables:
        if table in NAMED_TABLES:
            idl.index_create(table, "name").add_column("name")
        if table in OBJECT_TABLES:
            index = idl.index_create(table, OBJECT_KEY)
            index.add_column("external_ids", key=lambda row: row.external_ids.get(OBJECT_KEY, ""))
    connection = Connection(idl, timeout=COMMIT_SECONDS)
    connection.start()
    return connection


_Key = tuple[str, str]


class _Databases:
    def __init__(self) -> None:
        self._inherited: list[dict[_Key, Database]] = []
        self._empty()

    def _empty(self) -> None:
        self._lock = threading.Lock()
        self._opening: dict[_Key, threading.Lock] = {}
        self._open: dict[_Key, Database] = {}

    def after_fork(self) -> None:
        # The thread behind each of them is the parent's: keep them unused for ever.
        self._inherited.append(self._open)
        self._empty()

    def get(self, remote: str, schema: str, tables: Sequence[str], tls: TlsFiles | None) -> Database:
        key = (remote, schema)
        with self._lock:
            opening = self._opening.setdefault(key, threading.Lock())
        with opening:
            if key not in self._open:
                self._open[key] = Database(remote, schema, tables, tls)
            return self._open[key]


databases = _Databases()
os.register_at_fork(after_in_child=databases.after_fork)

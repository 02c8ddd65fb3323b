"""The file of a simulated world: short transactions, shared by any number of processes and threads."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

from cloudportal.infrastructure.drivers.errors import Retryable
from cloudportal.infrastructure.drivers.simulator.schema import NEWEST_TABLE, SCHEMA

BUSY_SECONDS = 30.0


class _Handles(threading.local):
    """This thread's open files. A child of a fork opens its own and never closes the parent's."""

    def __init__(self) -> None:
        self.pid = 0
        self.open: dict[Path, tuple[int, sqlite3.Connection]] = {}
        self.inherited: list[dict[Path, tuple[int, sqlite3.Connection]]] = []


_handles = _Handles()


def database(path: Path) -> sqlite3.Connection:
    """A connection in autocommit mode, with its tables made. Cached for each thread and path.

    Raises:
        Retryable: the file can't be opened.
    """
    if _handles.pid != os.getpid():
        _handles.inherited.append(_handles.open)
        _handles.open, _handles.pid = {}, os.getpid()
    inode, connection = _handles.open.get(path, (None, None))
    if connection is not None and inode == _inode(path):
        return connection
    try:
        connection = _opened(path)
    except (sqlite3.Error, OSError) as error:
        raise Retryable("The simulated world can't be opened.", f"{path}: {error}") from error
    _handles.open[path] = path.stat().st_ino, connection
    return connection


def _inode(path: Path) -> int | None:
    """Tells a file that was deleted and made again from the one that is open."""
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return None


def _opened(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA journal_mode = WAL")
    # A power cut may lose a simulated world; it need not survive one.
    connection.execute("PRAGMA synchronous = OFF")
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (NEWEST_TABLE,)).fetchone():
        connection.executescript(f"BEGIN IMMEDIATE; {SCHEMA} COMMIT;")
    return connection


@contextlib.contextmanager
def writing(path: Path) -> Iterator[sqlite3.Connection]:
    """One short write transaction, all or nothing."""
    connection = database(path)
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        raise Retryable("The simulated world is busy.", f"{path}: {error}") from error
    try:
        yield connection
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")

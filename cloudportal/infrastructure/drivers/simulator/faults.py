"""Trouble on order: what a test asks of the next calls of an operation."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from enum import StrEnum

from cloudportal.infrastructure.drivers.errors import Fatal, Retryable


class FaultKind(StrEnum):
    """How a call goes wrong."""

    RETRYABLE = "retryable"
    FATAL = "fatal"
    HANG = "hang"
    LOST_ANSWER = "lost-answer"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault about to strike. `seconds` is how long a hang lasts before the call goes on."""

    kind: FaultKind
    seconds: float

    def strike_before(self, operation: str) -> None:
        """Fail instead of working."""
        if self.kind is FaultKind.RETRYABLE:
            raise Retryable(f"Simulated: {operation} failed for now.")
        if self.kind is FaultKind.FATAL:
            raise Fatal(f"Simulated: {operation} failed for good.")

    def strike_after(self, operation: str) -> None:
        """Work and keep the answer back."""
        if self.kind is FaultKind.LOST_ANSWER:
            raise Retryable(f"Simulated: the answer to {operation} never came.")


def is_due(connection: sqlite3.Connection, operation: str, host: str) -> bool:
    """Whether a fault waits for this call; without a write lock, so that fault-free worlds stay fast."""
    return _find(connection, operation, host) is not None


def take(connection: sqlite3.Connection, operation: str, host: str) -> Fault | None:
    """Use up one time of the oldest fault that fits. Needs a write transaction."""
    row = _find(connection, operation, host)
    if row is None:
        return None
    connection.execute("UPDATE faults SET times = times - 1 WHERE id = ?", (row["id"],))
    connection.execute("DELETE FROM faults WHERE id = ? AND times = 0", (row["id"],))
    return Fault(FaultKind(row["kind"]), row["seconds"])


def _find(connection: sqlite3.Connection, operation: str, host: str) -> sqlite3.Row | None:
    row: sqlite3.Row | None = connection.execute(
        "SELECT id, kind, seconds FROM faults WHERE operation IN (?, '*') AND (host IS NULL OR host = ?)"
        " ORDER BY id LIMIT 1",
        (operation, host),
    ).fetchone()
    return row

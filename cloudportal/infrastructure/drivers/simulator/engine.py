"""How simulated drivers act on their world: latency, faults and death included."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

from cloudportal.infrastructure.drivers.errors import Fatal, Retryable
from cloudportal.infrastructure.drivers.simulator import faults
from cloudportal.infrastructure.drivers.simulator.database import database, writing

Answer = TypeVar("Answer")


class SimulatedEngine:
    """One engine of a world, from ``simulator:///abs/path/world.sqlite3?host=NAME&latency_ms=20``.

    Without a host it is one that is never dead: a pool's or a network's engine.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        options = parse_qs(parts.query)
        self.path = Path(unquote(parts.path))
        if not self.path.is_absolute() or self.path.name == "":
            raise Fatal("The url names no file: simulator:///path/to/world.sqlite3 is expected.", url)
        self.host = options.get("host", [""])[0]
        self._latency = float(options.get("latency_ms", ["0"])[0]) / 1000

    def read(self, operation: str, work: Callable[[sqlite3.Connection], Answer]) -> Answer:
        """Ask the world something."""
        return self._call(operation, lambda: work(database(self.path)))

    def write(self, operation: str, work: Callable[[sqlite3.Connection], Answer]) -> Answer:
        """Change the world in one transaction."""

        def transaction() -> Answer:
            with writing(self.path) as connection:
                return work(connection)

        return self._call(operation, transaction)

    def _call(self, operation: str, work: Callable[[], Answer]) -> Answer:
        if self._latency:
            time.sleep(self._latency)
        fault = self._take_fault(operation)
        if fault is None:
            self._require_life()
            return work()
        time.sleep(fault.seconds)
        fault.strike_before(operation)
        self._require_life()
        answer = work()
        fault.strike_after(operation)
        return answer

    def _take_fault(self, operation: str) -> faults.Fault | None:
        if not faults.is_due(database(self.path), operation, self.host):
            return None
        with writing(self.path) as connection:
            return faults.take(connection, operation, self.host)

    def _require_life(self) -> None:
        if not self.host:
            return
        row = database(self.path).execute("SELECT dead FROM hosts WHERE name = ?", (self.host,)).fetchone()
        if row is None:
            raise Retryable("The simulated host does not exist.", self.host)
        if row["dead"]:
            raise Retryable("The simulated host does not answer.", self.host)

"""One LISTEN connection for the process, and its fan-out."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import time
from dataclasses import dataclass, field
from typing import Any

import psycopg
import structlog
from django.conf import settings
from psycopg.conninfo import make_conninfo
from psycopg.pq import Conninfo

from cloudportal.core.events import CHANNEL
from cloudportal.live.choice import Choice
from cloudportal.live.sessions import Listener

logger = structlog.get_logger(__name__)

# So many changes may wait for a slow browser; past that it is told to read everything again.
QUEUE_LENGTH = 200
RECONNECT_SECONDS = (0.5, 1, 2, 5)
# Rights are read anew when they change, and after this long at most: a notice may get lost with its connection.
RECHECK_SECONDS = 30.0
SPREAD_SECONDS = 3.0


@dataclass(eq=False, slots=True)
class Subscriber:
    """A browser or a script. `lost` says that changes were dropped since it last read, `check_at` when its rights are
    read anew.
    """

    listener: Listener
    choice: Choice = field(default_factory=Choice)
    queue: asyncio.Queue[dict[str, Any]] = field(default_factory=lambda: asyncio.Queue(QUEUE_LENGTH))
    lost: bool = False
    check_at: float = field(default_factory=lambda: time.monotonic() + RECHECK_SECONDS)

    def offer(self, change: dict[str, Any]) -> None:
        if change.get("kind") == "access":
            self._rights_changed(change.get("user"))
        elif self.listener.may_hear_of(change) and self.choice.wants(change):
            self._put(change)

    def _rights_changed(self, user: int | None) -> None:
        """What concerns everybody is not read by all browsers in the same moment."""
        if user in (None, self.listener.user):
            pause = 0.0 if user is not None else random.uniform(0, SPREAD_SECONDS)  # noqa: S311 - no secret
            self.check_at = min(self.check_at, time.monotonic() + pause)
            self._put({})

    def resync(self) -> None:
        """Changes may be missing, whoever they were for: have everything read again."""
        self.lost = True
        self._put({})

    def _put(self, change: dict[str, Any]) -> None:
        try:
            self.queue.put_nowait(change)
        except asyncio.QueueFull:
            self.lost = True


class Hub:
    """Hears what `core.events.announce` says and hands it to whoever may know."""

    def __init__(self) -> None:
        self.subscribers: set[Subscriber] = set()
        self.is_listening = False

    async def run(self) -> None:
        """Listen for ever. After a lost connection everybody is told to read again, since changes may be missing."""
        tries = 0
        while True:
            try:
                await self._listen()
                tries = 0
            except (psycopg.Error, OSError) as error:
                logger.warning("the database does not let us listen", error=str(error))
            await asyncio.sleep(RECONNECT_SECONDS[min(tries, len(RECONNECT_SECONDS) - 1)])
            tries += 1

    async def _listen(self) -> None:
        async with await psycopg.AsyncConnection.connect(_conninfo(), autocommit=True) as connection:
            await connection.execute(f"LISTEN {CHANNEL}")
            self.is_listening = True
            try:
                for subscriber in self.subscribers:
                    subscriber.resync()
                async for notice in connection.notifies():
                    self._tell(notice.payload)
            finally:
                self.is_listening = False

    def _tell(self, payload: str) -> None:
        with contextlib.suppress(ValueError):
            change = json.loads(payload)
            for subscriber in self.subscribers:
                subscriber.offer(change)


def _conninfo() -> str:
    database = settings.DATABASES["default"]
    names = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    values = {name: str(database[key]) for name, key in names.items() if database.get(key)}
    # What is no option of the server's, such as when to prepare a statement, is for Django's connections alone.
    known = {option.keyword.decode() for option in Conninfo.get_defaults()}
    options = {name: str(value) for name, value in database.get("OPTIONS", {}).items() if name in known}
    return make_conninfo(**{**options, **values, "application_name": "cloudportal-live"})

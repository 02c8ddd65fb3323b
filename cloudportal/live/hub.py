"""One LISTEN connection for the process, and its fan-out."""

from __future__ import annotations

import asyncio
import contextlib
import json
from dataclasses import dataclass, field
from typing import Any

import psycopg
import structlog
from django.conf import settings
from psycopg.conninfo import make_conninfo

from cloudportal.core.events import CHANNEL
from cloudportal.live.sessions import Listener

logger = structlog.get_logger(__name__)

# So many changes may wait for a slow browser; past that it is told to read everything again.
QUEUE_LENGTH = 200
RECONNECT_SECONDS = (0.5, 1, 2, 5)


@dataclass(eq=False, slots=True)
class Subscriber:
    """A browser. `lost` says that changes were dropped since it last read, `doubtful` that its session may be over."""

    listener: Listener
    queue: asyncio.Queue[dict[str, Any]] = field(default_factory=lambda: asyncio.Queue(QUEUE_LENGTH))
    lost: bool = False
    doubtful: bool = False

    def offer(self, change: dict[str, Any]) -> None:
        if self.listener.may_hear(change.get("account")):
            self._put(change)

    def resync(self) -> None:
        """Changes may be missing, whoever they were for: have everything read again."""
        self.lost = True
        self._put({})

    def doubt(self) -> None:
        """A session of its user was ended, which may be its own: have it read at once."""
        self.doubtful = True
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
            self.is_listening = False
            await asyncio.sleep(RECONNECT_SECONDS[min(tries, len(RECONNECT_SECONDS) - 1)])
            tries += 1

    async def _listen(self) -> None:
        async with await psycopg.AsyncConnection.connect(_conninfo(), autocommit=True) as connection:
            await connection.execute(f"LISTEN {CHANNEL}")
            self.is_listening = True
            for subscriber in self.subscribers:
                subscriber.resync()
            async for notice in connection.notifies():
                self._tell(notice.payload)

    def _tell(self, payload: str) -> None:
        with contextlib.suppress(ValueError):
            change = json.loads(payload)
            if change.get("kind") == "session-ended":
                for subscriber in self.subscribers:
                    if subscriber.listener.user == change.get("user"):
                        subscriber.doubt()
                return
            for subscriber in self.subscribers:
                subscriber.offer(change)


def _conninfo() -> str:
    database = settings.DATABASES["default"]
    names = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    values = {name: str(database[key]) for name, key in names.items() if database.get(key)}
    options = {name: str(value) for name, value in database.get("OPTIONS", {}).items() if isinstance(value, str | int)}
    return make_conninfo(**{**options, **values, "application_name": "cloudportal-live"})

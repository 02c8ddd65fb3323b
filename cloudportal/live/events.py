"""Server-sent events (HTML Living Standard, 9.2): what changed, for whom it concerns."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from typing import Any

from asgiref.sync import sync_to_async

from cloudportal.live.hub import Hub, Subscriber
from cloudportal.live.replies import cors, header, origin_allowed, plain
from cloudportal.live.sessions import listener_of, session_key

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

# A session that ends, or loses a role, hears nothing any more after this long at most.
RECHECK_SECONDS = 30.0
PUBLIC = ("uuid", "type", "resource", "state")
RESYNC = b"event: resync\ndata: {}\n\n"
_NAME = re.compile(r"[a-z-]{1,32}")
_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    # nginx would gather the events otherwise.
    (b"x-accel-buffering", b"no"),
]

_read_session = sync_to_async(listener_of, thread_sensitive=False)


class Events:
    """The stream that browsers keep open."""

    def __init__(self) -> None:
        self.hub = Hub()
        self._task: asyncio.Task[None] | None = None

    @property
    def is_listening(self) -> bool:
        return self.hub.is_listening

    async def start(self) -> None:
        self._task = asyncio.create_task(self.hub.run())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "GET":
            return await plain(send, 405, "Only GET.\n")
        if not origin_allowed(scope):
            return await plain(send, 403, "Not from there.\n")
        key = session_key(header(scope, "cookie"))
        listener = await _read_session(key) if key else None
        if listener is None:
            return await plain(send, 401, "Sign in first.\n", cors(scope))
        subscriber = Subscriber(listener)
        self.hub.subscribers.add(subscriber)
        gone = asyncio.create_task(_disconnected(receive))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": [*_HEADERS, *cors(scope)]})
            await self._stream(subscriber, key, gone, send)
        finally:
            gone.cancel()
            self.hub.subscribers.discard(subscriber)

    async def _stream(self, subscriber: Subscriber, key: str, gone: asyncio.Task[None], send: Send) -> None:
        await _write(send, b"retry: 3000\n: welcome\n\n")
        async for piece in _pieces(subscriber, key, gone):
            await _write(send, piece)
        await send({"type": "http.response.body", "body": b""})


async def _pieces(subscriber: Subscriber, key: str, gone: asyncio.Task[None]) -> AsyncIterator[bytes]:
    """What to write, until the browser goes or its session ends."""
    checked = time.monotonic()
    while not gone.done():
        left = checked + RECHECK_SECONDS - time.monotonic()
        if left <= 0 or subscriber.doubtful:
            subscriber.doubtful = False
            listener = await _read_session(key)
            if listener is None:
                return
            subscriber.listener = listener
            checked = time.monotonic()
            yield b": still here\n\n"
            continue
        change = asyncio.create_task(subscriber.queue.get())
        await asyncio.wait({change, gone}, timeout=left, return_when=asyncio.FIRST_COMPLETED)
        if not change.done():
            change.cancel()
            continue
        if subscriber.lost:
            subscriber.lost = False
            while not subscriber.queue.empty():
                subscriber.queue.get_nowait()
            yield RESYNC
            continue
        yield as_event(change.result())


def as_event(change: dict[str, Any]) -> bytes:
    """An event with the public part of a change. JSON has no line breaks, so one data line is enough."""
    name = str(change.get("kind", ""))
    if not _NAME.fullmatch(name):
        return b""
    data = {field: change[field] for field in PUBLIC if change.get(field)}
    return f"event: {name}\ndata: {json.dumps(data)}\n\n".encode()


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _write(send: Send, body: bytes) -> None:
    if body:
        await send({"type": "http.response.body", "body": body, "more_body": True})

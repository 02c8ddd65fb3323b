"""Server-sent events (HTML Living Standard, 9.2): what changed, for whom it concerns."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from typing import Any

from asgiref.sync import sync_to_async
from django.db import close_old_connections

from cloudportal.core.errors import InvalidInput
from cloudportal.doors.addresses import address_behind
from cloudportal.doors.rates import spend_address
from cloudportal.live.choice import choice_of
from cloudportal.live.hub import RECHECK_SECONDS, Hub, Subscriber
from cloudportal.live.replies import cors, header, origin_allowed, refuse
from cloudportal.live.sessions import Listener, listener_of, listener_of_key, session_key

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

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
_read_key = sync_to_async(listener_of_key, thread_sensitive=False)
Read = Callable[[], Awaitable[Listener | None]]


@sync_to_async(thread_sensitive=False)
def _wait_of_stranger(address: str) -> int:
    """How many seconds an address that shows nothing valid has to wait; the REST API counts in the same bucket."""
    close_old_connections()
    try:
        allowance = spend_address(address)
        return allowance.wait if allowance else 0
    finally:
        close_old_connections()


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
            return await refuse(scope, send, 405, "method-not-allowed", "Only GET.")
        if not origin_allowed(scope):
            return await refuse(scope, send, 403, "permission-denied", "Not from there.")
        read = _reader(scope)
        listener = await read() if read else None
        if read is None or listener is None:
            if wait := await _wait_of_stranger(_address(scope)):
                return await refuse(scope, send, 429, "too-many-requests", "You ask too often.", wait=wait)
            return await refuse(scope, send, 401, "not-authenticated", "Sign in first.")
        try:
            choice = choice_of(scope.get("query_string", b""))
        except InvalidInput as error:
            return await refuse(scope, send, 400, "invalid", error.message)
        subscriber = Subscriber(listener, choice)
        if header(scope, "last-event-id"):
            # What happened since then is not kept: whoever comes back reads again.
            subscriber.resync()
        self.hub.subscribers.add(subscriber)
        gone = asyncio.create_task(_disconnected(receive))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": [*_HEADERS, *cors(scope)]})
            await self._stream(subscriber, read, gone, send)
        finally:
            gone.cancel()
            self.hub.subscribers.discard(subscriber)

    async def _stream(self, subscriber: Subscriber, read: Read, gone: asyncio.Task[None], send: Send) -> None:
        await _write(send, b"retry: 3000\n: welcome\n\n")
        async for piece in _pieces(subscriber, read, gone):
            await _write(send, piece)
        await send({"type": "http.response.body", "body": b""})


def _reader(scope: Scope) -> Read | None:
    """How to find out, now and again later, what the one who asks may hear: by an API key, or else by the session."""
    scheme, _, text = header(scope, "authorization").partition(" ")
    if scheme.lower() == "bearer":
        return functools.partial(_read_key, text.strip(), _address(scope))
    key = session_key(header(scope, "cookie"))
    return functools.partial(_read_session, key) if key else None


def _address(scope: Scope) -> str:
    """Where a request comes from. All fields of the name count, as if they were one."""
    forwarded = b",".join(value for name, value in scope["headers"] if name == b"x-forwarded-for")
    return address_behind((scope.get("client") or ("",))[0], forwarded.decode("latin-1"))


async def _pieces(subscriber: Subscriber, read: Read, gone: asyncio.Task[None]) -> AsyncIterator[bytes]:
    """What to write, until the browser goes or its session ends."""
    while not gone.done():
        left = subscriber.check_at - time.monotonic()
        if left <= 0:
            # Before reading: what changes meanwhile must bring it forward again.
            subscriber.check_at = time.monotonic() + RECHECK_SECONDS
            listener = await read()
            if listener is None:
                return
            subscriber.listener = listener
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
        yield numbered(as_event(change.result()))


def as_event(change: dict[str, Any]) -> bytes:
    """An event with the public part of a change. JSON has no line breaks, so one data line is enough."""
    name = str(change.get("kind", ""))
    if not _NAME.fullmatch(name):
        return b""
    data = {field: change[field] for field in PUBLIC if change.get(field)}
    return f"event: {name}\ndata: {json.dumps(data)}\n\n".encode()


def numbered(event: bytes) -> bytes:
    """An id makes clients say at their return that they were here before."""
    return b"id: %d\n%s" % (time.time_ns(), event) if event else b""


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _write(send: Send, body: bytes) -> None:
    if body:
        await send({"type": "http.response.body", "body": body, "more_body": True})

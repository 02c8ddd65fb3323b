"""Consoles: a WebSocket on one side, the screen of an instance on the other, bytes both ways."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import structlog
from asgiref.sync import sync_to_async
from django.db import close_old_connections

from cloudportal.core.driver_errors import DriverError
from cloudportal.core.errors import NotFound, Refusal
from cloudportal.live.handshake import introduce
from cloudportal.live.replies import header, origin_allowed
from compute.consoles import connect
from compute.hypervisors.base import Console
from compute.models import ConsoleTicket
from compute.services.consoles import may_stay_open, redeem_console

logger = structlog.get_logger(__name__)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

# So much may wait in memory for a slow browser or a slow screen; reading stops meanwhile.
BLOCK_BYTES = 64 * 1024
BUFFER_BYTES = 256 * 1024
HANDSHAKE_SECONDS = 10
WATCH_SECONDS = 5
IDLE_SECONDS = 30 * 60
TOTAL_SECONDS = 8 * 3600

# Close codes of RFC 6455, 7.4.1, and from 4000 on our own.
NORMAL, POLICY, TRY_LATER = 1000, 1008, 1013
TIMED_OUT = 4008


class Closed(Exception):
    """One side went away."""


class Revoked(Exception):
    """Who opened the console may not have it any more."""


async def relay(scope: Scope, receive: Receive, send: Send, *, token: str) -> None:
    """Serve one console. A wrong origin or token is refused before the WebSocket opens."""
    await receive()
    if not token or not origin_allowed(scope):
        await send({"type": "websocket.close", "code": POLICY})
        return
    try:
        ticket, console = await _open(token)
    except (Refusal, DriverError, OSError) as error:
        logger.info("console refused", reason=str(error))
        await send({"type": "websocket.close", "code": POLICY if isinstance(error, Refusal) else TRY_LATER})
        return
    protocol = "binary" if "binary" in header(scope, "sec-websocket-protocol").replace(" ", "").split(",") else None
    await send({"type": "websocket.accept", "subprotocol": protocol})
    code = await _serve(console, ticket, receive, send)
    with contextlib.suppress(Exception):
        await send({"type": "websocket.close", "code": code})


@sync_to_async(thread_sensitive=False)
def _open(token: str) -> tuple[ConsoleTicket, Console]:
    close_old_connections()
    try:
        ticket = redeem_console(token)
        if not may_stay_open(ticket):
            raise NotFound
        return ticket, connect(ticket.instance)
    finally:
        close_old_connections()


@sync_to_async(thread_sensitive=False)
def _may_stay_open(ticket: ConsoleTicket) -> bool:
    close_old_connections()
    try:
        return may_stay_open(ticket)
    finally:
        close_old_connections()


async def _serve(console: Console, ticket: ConsoleTicket, receive: Receive, send: Send) -> int:
    console.stream.setblocking(False)
    reader, writer = await asyncio.open_connection(sock=console.stream, limit=BUFFER_BYTES)
    writer.transport.set_write_buffer_limits(high=BUFFER_BYTES)
    browser = Browser(receive, send)
    try:
        async with asyncio.timeout(HANDSHAKE_SECONDS):
            await introduce(reader, writer, browser, console.password)
        return await _pipe(reader, writer, browser, ticket)
    except TimeoutError:
        return TIMED_OUT
    except (Closed, OSError, asyncio.IncompleteReadError):
        return NORMAL
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


class Browser:
    """The WebSocket as a stream of bytes."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._rest = b""
        self.last_heard = time.monotonic()

    async def read(self) -> bytes:
        """The next bytes.

        Raises:
            Closed: the browser went.
        """
        if self._rest:
            taken, self._rest = self._rest, b""
            return taken
        message = await self._receive()
        if message["type"] != "websocket.receive":
            raise Closed
        self.last_heard = time.monotonic()
        return message.get("bytes") or (message.get("text") or "").encode()

    async def read_exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            data += await self.read()
        self._rest = data[count:]
        return data[:count]

    async def write(self, data: bytes) -> None:
        # The server's send waits while its own buffer to the browser is full: that is the brake.
        await self._send({"type": "websocket.send", "bytes": data})


async def _pipe(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, browser: Browser, ticket: ConsoleTicket
) -> int:
    """Bytes both ways until one side goes, nobody types for long, or the day is over."""
    tasks = {
        asyncio.create_task(_to_browser(reader, browser)),
        asyncio.create_task(_to_screen(browser, writer)),
        asyncio.create_task(_watch(browser, ticket)),
    }
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    await asyncio.gather(*pending, return_exceptions=True)
    code = NORMAL
    for task in done:
        error = task.exception()
        if isinstance(error, TimeoutError):
            code = TIMED_OUT
        elif isinstance(error, Revoked):
            code = POLICY
        elif error is not None and not isinstance(error, Closed | OSError):
            logger.warning("console broke", error=str(error))
    return code


async def _to_browser(reader: asyncio.StreamReader, browser: Browser) -> None:
    while data := await reader.read(BLOCK_BYTES):
        await browser.write(data)


async def _to_screen(browser: Browser, writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(await browser.read())
        await writer.drain()


async def _watch(browser: Browser, ticket: ConsoleTicket) -> None:
    """Ends the console when it was idle, or open, for too long, or who opened it may not any more.

    The browser's polls for pictures count as life.
    """
    began = time.monotonic()
    while True:
        await asyncio.sleep(WATCH_SECONDS)
        now = time.monotonic()
        if not await _may_stay_open(ticket):
            raise Revoked
        if now - browser.last_heard > IDLE_SECONDS or now - began > TOTAL_SECONDS:
            raise TimeoutError

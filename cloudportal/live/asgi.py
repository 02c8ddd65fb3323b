"""The live process: server-sent events and consoles, nothing else. It keeps no state that another could miss."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cloudportal.settings")
django.setup()

from cloudportal.live.events import Events  # noqa: E402 - the apps must be loaded first
from cloudportal.live.relay import relay  # noqa: E402
from cloudportal.live.replies import plain  # noqa: E402

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

Serve = Callable[[Scope, Receive, Send], Awaitable[None]]

CONSOLE = "/live/console/"

_events = Events()


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Route by type and path."""
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
    else:
        path = CONSOLE if scope["path"].startswith(CONSOLE) else scope["path"]
        await ADDRESSES.get((scope["type"], path), _missing)(scope, receive, send)


async def _console(scope: Scope, receive: Receive, send: Send) -> None:
    await relay(scope, receive, send, token=scope["path"].removeprefix(CONSOLE))


async def _health(_scope: Scope, _receive: Receive, send: Send) -> None:
    await plain(send, 200 if _events.is_listening else 503, "ok\n" if _events.is_listening else "not listening\n")


async def _missing(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        # No token is empty: it is refused as a wrong one is.
        await relay(scope, receive, send, token="")
    else:
        await plain(send, 404, "There is no such page.\n")


# All that this process answers, by type and address; the address of a console goes on with its token.
ADDRESSES: dict[tuple[str, str], Serve] = {
    ("http", "/live/events"): _events.serve,
    ("http", "/api/v1/stream/"): _events.serve,
    ("http", "/healthz"): _health,
    ("websocket", CONSOLE): _console,
}


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await _events.start()
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await _events.stop()
            await send({"type": "lifespan.shutdown.complete"})
            return

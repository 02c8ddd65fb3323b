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

CONSOLE = "/live/console/"

_events = Events()


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Route by type and path."""
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
    elif scope["type"] == "websocket":
        await relay(scope, receive, send, token=_token(scope["path"]))
    elif scope["path"] in ("/live/events", "/api/v1/stream/"):
        await _events.serve(scope, receive, send)
    elif scope["path"] == "/healthz":
        await plain(send, 200 if _events.is_listening else 503, "ok\n" if _events.is_listening else "not listening\n")
    else:
        await plain(send, 404, "There is no such page.\n")


def _token(path: str) -> str:
    """The token of a console's address; empty, which no token is, for any other."""
    return path.removeprefix(CONSOLE) if path.startswith(CONSOLE) else ""


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

"""The live process as its callers see it: streams that somebody listens to, and screens that somebody opens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from cloudportal.live.asgi import CONSOLE, application

Message = dict[str, Any]
HOST, ORIGIN = (b"host", b"testserver"), (b"origin", b"http://testserver")
SECONDS = 10


@asynccontextmanager
async def live_process() -> AsyncIterator[None]:
    """The process, from its start to its end."""
    todo, done = asyncio.Queue[Message](), asyncio.Queue[Message]()
    life = asyncio.create_task(application({"type": "lifespan"}, todo.get, done.put))
    todo.put_nowait({"type": "lifespan.startup"})
    await done.get()
    try:
        await _until_healthy()
        yield
    finally:
        todo.put_nowait({"type": "lifespan.shutdown"})
        await asyncio.wait_for(life, SECONDS)


async def answer(kind: str, path: str, *headers: tuple[bytes, bytes]) -> Message:
    """The first message that is answered; who asked goes away at once."""
    sent: list[Message] = []
    todo: list[Message] = [{"type": "websocket.connect"}] if kind == "websocket" else []

    async def receive() -> Message:
        return todo.pop(0) if todo else {"type": f"{kind}.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    await application(_scope(kind, path, *headers), receive, send)
    return sent[0]


async def opens(token: str) -> bool:
    """Whether a token opens a screen."""
    first = await answer("websocket", f"{CONSOLE}{token}", ORIGIN)
    return bool(first["type"] == "websocket.accept")


class Listening:
    """Somebody on a stream, and what they heard."""

    def __init__(self, path: str, *headers: tuple[bytes, bytes]) -> None:
        self.status = 0
        self.heard = b""
        self._scope = _scope("http", path, *headers)
        self._gone = asyncio.Event()

    async def __aenter__(self) -> Listening:
        self._task = asyncio.create_task(application(self._scope, self._receive, self._send))
        await self._wait(lambda: bool(self.heard) or self._task.done())
        return self

    async def __aexit__(self, *_error: object) -> None:
        self._gone.set()
        await asyncio.wait_for(self._task, SECONDS)

    async def until(self, text: str) -> None:
        """Wait for something to be told of."""
        await self._wait(lambda: text.encode() in self.heard)

    async def _wait(self, holds: Any) -> None:
        async with asyncio.timeout(SECONDS):
            while not holds():
                await asyncio.sleep(0.01)

    async def _receive(self) -> Message:
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        self.status = message.get("status", self.status)
        self.heard += message.get("body", b"")


async def _until_healthy() -> None:
    async with asyncio.timeout(SECONDS):
        while (await answer("http", "/healthz"))["status"] != 200:
            await asyncio.sleep(0.01)


def _scope(kind: str, path: str, *headers: tuple[bytes, bytes]) -> Message:
    return {"type": kind, "method": "GET", "path": path, "query_string": b"", "headers": [HOST, *headers]}

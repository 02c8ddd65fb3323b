"""Small answers, and what a request says of itself."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import split_domain_port, validate_host

from cloudportal.doors.api.problems import MEDIA_TYPE, problem

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


def header(scope: MutableMapping[str, Any], name: str) -> str:
    wanted = name.lower().encode()
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == wanted), "")


def origin_allowed(scope: MutableMapping[str, Any]) -> bool:
    """Whether the page that asks is one of this portal's: on our host, whatever its port, and a host that we serve.

    Requests without an Origin come from our own origin (browsers send it for every WebSocket and for CORS).
    """
    host, _port = split_domain_port(header(scope, "host"))
    if not host or not validate_host(host, settings.ALLOWED_HOSTS):
        return False
    origin = header(scope, "origin")
    if not origin:
        return scope["type"] == "http"
    parts = urlsplit(origin)
    name = f"[{parts.hostname}]" if parts.hostname and ":" in parts.hostname else parts.hostname
    return parts.scheme in {"http", "https"} and name == host


def cors(scope: MutableMapping[str, Any]) -> list[tuple[bytes, bytes]]:
    """What lets the portal's page, on another port, read the answer with its cookie."""
    origin = header(scope, "origin")
    if not origin:
        return []
    return [
        (b"access-control-allow-origin", origin.encode("latin-1")),
        (b"access-control-allow-credentials", b"true"),
        (b"vary", b"Origin"),
    ]


async def plain(send: Send, status: int, text: str, headers: list[tuple[bytes, bytes]] | None = None) -> None:
    kind = (b"content-type", b"text/plain; charset=utf-8")
    await send({"type": "http.response.start", "status": status, "headers": [kind, *(headers or [])]})
    await send({"type": "http.response.body", "body": text.encode()})


async def refuse(
    scope: MutableMapping[str, Any], send: Send, status: int, code: str, words: str, *, wait: int = 0
) -> None:
    """A refusal: in words for a page, as a problem (RFC 9457) under the API's addresses. `wait` is in seconds."""
    later = [(b"retry-after", str(wait).encode())] if wait else []
    if not scope["path"].startswith("/api/"):
        await plain(send, status, f"{words}\n", [*later, *(cors(scope) if status != 403 else [])])
        return
    body = json.dumps(problem(status, code, HTTPStatus(status).phrase, words)).encode()
    kind = [(b"content-type", MEDIA_TYPE.encode())]
    kind += [(b"www-authenticate", b'Bearer realm="CloudPortal"')] if status == 401 else later
    await send({"type": "http.response.start", "status": status, "headers": [*kind, *cors(scope)]})
    await send({"type": "http.response.body", "body": body})

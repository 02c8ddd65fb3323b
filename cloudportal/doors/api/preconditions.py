"""Entity tags (RFC 9110, 8.8.3) and the conditions on them: what was read is what is changed."""

from __future__ import annotations

import hashlib
from typing import Any

import orjson
from django.utils.http import parse_etags

from cloudportal.core.errors import Refusal
from cloudportal.doors.api.renderers import OPTIONS
from cloudportal.doors.api.requests import Request


class PreconditionFailed(Refusal):
    """The object is not any more what the client knows of it."""

    code = "precondition-failed"
    status = 412
    title = "The object has changed"


def etag_of(representation: Any) -> str:
    """The strong tag of a representation: another one whenever a byte of it is."""
    text = orjson.dumps(representation, default=str, option=OPTIONS)
    return f'"{hashlib.blake2b(text, digest_size=16).hexdigest()}"'


def is_known(request: Request, etag: str) -> bool:
    """Whether ``If-None-Match`` names the representation, so that it need not be sent."""
    asked = request.headers.get("If-None-Match")
    if asked is None:
        return False
    return asked.strip() == "*" or etag in {tag.removeprefix("W/") for tag in parse_etags(asked)}


def insist(asked: str, etag: str) -> None:
    """Compare ``If-Match``.

    Raises:
        PreconditionFailed: it names another representation than the present one.
    """
    if asked.strip() != "*" and etag not in parse_etags(asked):
        raise PreconditionFailed("It was changed since you read it; read it again.", etag=etag)

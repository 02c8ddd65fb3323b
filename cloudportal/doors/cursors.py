"""Cursors: a place in a list, in a form that says nothing and can't be made up."""

from __future__ import annotations

import base64
import binascii
import functools
import hashlib
from dataclasses import dataclass
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from django.conf import settings

from cloudportal.core.errors import InvalidInput

LONGEST = 2_000


@dataclass(frozen=True, slots=True)
class Place:
    """A place right after (`forward`) or right before the row with this sort key and id."""

    forward: bool
    key: Any
    id: int


def seal(place: Place, *belongs_to: str) -> str:
    """Encrypt a place of one list in one order.

    The ids inside are not for outside: from them anybody could count what all tenants make. Deterministic
    (AES-SIV, RFC 5297), so that a page has one address.
    """
    text = orjson.dumps([place.forward, place.key, place.id], default=str)
    sealed = _cipher(settings.SECRET_KEY).encrypt(text, [part.encode() for part in belongs_to])
    return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()


def unseal(cursor: str, *belongs_to: str) -> Place:
    """The place in a cursor that `seal` made for the same list and order.

    Raises:
        InvalidInput: it is none.
    """
    try:
        if len(cursor) > LONGEST:
            raise ValueError
        sealed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars="-_", validate=True)
        text = _cipher(settings.SECRET_KEY).decrypt(sealed, [part.encode() for part in belongs_to])
    except (ValueError, binascii.Error, InvalidTag):
        raise InvalidInput(
            {"cursor": "That is no cursor of this list in this order; begin again without one."}
        ) from None
    return Place(*orjson.loads(text))


@functools.cache
def _cipher(secret: str) -> AESSIV:
    return AESSIV(hashlib.sha512(b"page cursors:" + secret.encode()).digest())

"""The form of an API key: ``cpk_<key id>_<secret>``."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

PREFIX = "cpk"


@dataclass(frozen=True, slots=True)
class KeyText:
    """The two halves of a key's text."""

    key_id: str
    secret: str

    def __str__(self) -> str:
        return f"{PREFIX}_{self.key_id}_{self.secret}"

    @property
    def secret_hash(self) -> str:
        return hashlib.sha256(self.secret.encode()).hexdigest()


def new_key(key_id: str = "") -> KeyText:
    """A key that nobody can guess; of a known id with another secret."""
    return KeyText(key_id or secrets.token_hex(6), secrets.token_urlsafe(32))


def parse_key(text: str) -> KeyText | None:
    """None when the text has not the form of a key."""
    prefix, _, rest = text.partition("_")
    key_id, _, secret = rest.partition("_")
    return KeyText(key_id, secret) if prefix == PREFIX and key_id and secret else None

"""The beginning of an RFB connection (RFC 6143, 7.1), where the host wants a password that no browser should know."""

from __future__ import annotations

import asyncio
from typing import Protocol

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes

VERSION = b"RFB 003.008\n"
NONE, VNC = 1, 2
CHALLENGE_BYTES = 16


class Peer(Protocol):
    """The browser's side."""

    async def read_exactly(self, count: int) -> bytes: ...
    async def write(self, data: bytes) -> None: ...


async def introduce(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, browser: Peer, password: str) -> None:
    """Sign in at the screen with the password, and let the browser in without one. Nothing to do without a password.

    Raises:
        OSError: the screen wants something else, or did not take the password.
    """
    if not password:
        return
    await _sign_in(reader, writer, password)
    await browser.write(VERSION)
    await browser.read_exactly(len(VERSION))
    await browser.write(bytes([1, NONE]))
    await browser.read_exactly(1)
    await browser.write(bytes(4))


async def _sign_in(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, password: str) -> None:
    await reader.readexactly(len(VERSION))
    writer.write(VERSION)
    kinds = await reader.readexactly((await reader.readexactly(1))[0])
    if VNC not in kinds:
        raise OSError("The screen does not take a password.")
    writer.write(bytes([VNC]))
    challenge = await reader.readexactly(CHALLENGE_BYTES)
    writer.write(response(challenge, password))
    if any(await reader.readexactly(4)):
        raise OSError("The screen did not take the password.")


def response(challenge: bytes, password: str) -> bytes:
    """The challenge in DES under the password, whose bytes VNC takes with their bits mirrored (RFC 6143, 7.2.2)."""
    key = bytes(int(f"{byte:08b}"[::-1], 2) for byte in password.encode("latin-1")[:8].ljust(8, b"\0"))
    # Triple DES with three equal keys is DES.
    encryptor = Cipher(TripleDES(key * 3), modes.ECB()).encryptor()  # noqa: S305 - the protocol knows no other
    return encryptor.update(challenge) + encryptor.finalize()

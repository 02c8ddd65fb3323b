"""Answers that are files: written to standard output as they come."""

from __future__ import annotations

import sys

from cloudportal.cli.client import Call, Client


def write_raw(client: Client, call: Call) -> None:
    """Stream the bytes; a portal that breaks off in the middle is an error, and what came is out already."""
    with client.raw(call) as pieces:
        for piece in pieces:
            sys.stdout.buffer.write(piece)
    sys.stdout.buffer.flush()

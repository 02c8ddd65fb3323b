"""One value as one cell of a table or a file."""

from __future__ import annotations

import json
from typing import Any

# By what a person calls a thing, the best first.
CALLED_BY = ("name", "username", "address")


def flat(value: Any) -> str:
    """A value as one cell: another object by its name, a list by its parts."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict) and "name" in value:
        return str(value["name"])
    if isinstance(value, dict) and not any(isinstance(inner, dict | list) for inner in value.values()):
        return ",".join(f"{name}:{flat(inner)}" for name, inner in value.items())
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return ",".join(flat(item) for item in value)
    return str(value)


def visible(value: Any) -> str:
    """A value as text that can't move the cursor or colour the terminal."""
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in flat(value))

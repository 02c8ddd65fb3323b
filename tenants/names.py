"""Names that people give."""

from __future__ import annotations

from cloudportal.core.errors import InvalidInput


def given_name(noun: str, name: str) -> str:
    """The name without blanks around it.

    Raises:
        InvalidInput: nothing is left.
    """
    stripped = name.strip()
    if not stripped:
        raise InvalidInput({"name": f"{noun} needs a name."})
    return stripped

"""What tags may be, in words for people; the database says the same in a CHECK."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cloudportal.core.errors import InvalidInput
from tenants.models.tags import LONGEST_KEY, LONGEST_VALUE, MOST_TAGS, RESERVED


def checked_tags(tags: Mapping[str, Any], field: str = "tags") -> dict[str, str]:
    """Tags that can be written.

    Raises:
        InvalidInput: at the field, saying which tag is wrong and why.
    """
    problems = [problem for key, value in tags.items() if (problem := _problem(key, value))]
    if len(tags) > MOST_TAGS:
        problems.append(f"At most {MOST_TAGS} tags.")
    if problems:
        raise InvalidInput({field: problems[:10]})
    return dict(tags)


def _problem(key: str, value: Any) -> str:
    if not 1 <= len(key) <= LONGEST_KEY or not key.isprintable():
        return f"A key has 1 to {LONGEST_KEY} printable characters: “{_shown(key)}”."
    if key.startswith(RESERVED):
        return f"Keys that begin with “{RESERVED}” are the portal's own: “{key}”."
    if not isinstance(value, str) or len(value) > LONGEST_VALUE or not value.isprintable():
        return f"The value of “{key}” must be a text of at most {LONGEST_VALUE} printable characters."
    return ""


def _shown(text: str) -> str:
    return "".join(letter if letter.isprintable() else "�" for letter in text[:40])

"""What a directory is asked with, and what it says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

NAME, DN = "{name}", "{dn}"


class DirectoryProblem(Exception):
    """The directory can't be asked, or not in this way. `step` is where; the message is for operators."""

    def __init__(self, step: str, message: str) -> None:
        super().__init__(f"{step}: {message}")
        self.step = step
        self.message = message


@dataclass(frozen=True, slots=True)
class Directory:
    """How to ask. `internal`: networks of our own in which its servers may be. `names`: attributes of the facts."""

    servers: tuple[str, ...]
    certificates: str
    bind_dn: str
    bind_password: str = field(repr=False)
    user_base: str
    user_filter: str
    group_base: str
    group_filter: str
    names: Mapping[str, str]
    internal: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """Somebody whom the directory knows, with the facts by our names for them."""

    dn: str
    facts: Mapping[str, str]
    groups: tuple[str, ...]


# Told of each step as it succeeds: what was done, and what came of it.
Progress = Callable[[str, str], None]


def in_silence(_step: str, _result: str) -> None:
    """For whoever does not want to know."""

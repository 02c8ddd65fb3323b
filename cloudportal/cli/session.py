"""What one command line says for all commands, and what is made of it once."""

from __future__ import annotations

import functools
import sys
from dataclasses import dataclass, replace
from typing import Any

import typer

from cloudportal.cli import profiles
from cloudportal.cli.client import Client
from cloudportal.cli.document import Document, document_of
from cloudportal.cli.output import Format
from cloudportal.cli.profiles import Profile


@dataclass(frozen=True, slots=True)
class Choices:
    """The options that stand before the noun and, again, after the verb."""

    profile: str = ""
    output: str = ""
    query: str = ""
    columns: str = ""
    refresh: bool = False

    def over(self, other: Choices) -> Choices:
        """These where they say something, the other ones elsewhere."""
        said = {name: value for name in self.__slots__ if (value := getattr(self, name))}
        return replace(other, **said)


class Session:
    """A portal, its document and a connection, each made when it is asked for."""

    def __init__(self, choices: Choices) -> None:
        self.choices = choices

    @functools.cached_property
    def profile(self) -> Profile:
        return profiles.chosen(self.choices.profile)

    @functools.cached_property
    def document(self) -> Document:
        return document_of(self.profile, fresh=self.choices.refresh)

    @functools.cached_property
    def client(self) -> Client:
        if self.profile.is_in_clear:
            warn(f"{self.profile.url} is not encrypted: whoever listens reads your key.")
        return Client(self.profile)

    @property
    def format(self) -> Format:
        chosen: Any = self.choices.output or self.profile.output or "table"
        return chosen

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(part.strip() for part in self.choices.columns.split(",") if part.strip())


def session_of(context: typer.Context, choices: Choices | None = None) -> Session:
    """The session of a command: what stands after the verb goes before what stands before the noun."""
    before: Session = context.find_root().obj or Session(Choices())
    return Session(choices.over(before.choices)) if choices else before


def warn(message: str) -> None:
    sys.stderr.write(f"cloudportal: {message}\n")

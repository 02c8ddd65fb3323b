"""Lifecycles as tables: which operation may start from which states, and where it leads.

Services, buttons and the API's `allowed` field all read the same tables.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from django.db import models

from cloudportal.core.errors import Conflict


@dataclass(frozen=True, slots=True)
class Move:
    """One operation. `during`, `done` and `failed` may be empty: the state then stays as it is."""

    start: frozenset[str]
    during: str = ""
    done: str = ""
    failed: str = ""
    name: str = ""
    noun: str = ""

    def begin(self, row: models.Model) -> None:
        """Take the row into this move by one guarded UPDATE, so that of two that try only one succeeds.

        Raises:
            Conflict: the row's state, as the database has it now, does not allow the move.
        """
        target = self.during or models.F("state")
        manager = type(row)._default_manager
        if not manager.filter(pk=row.pk, state__in=self.start).update(state=target):
            row.refresh_from_db(fields=["state"])
            raise self.refusal(row)
        if self.during:
            row.state = self.during  # type: ignore[attr-defined]
        else:
            row.refresh_from_db(fields=["state"])

    def refusal(self, row: Any) -> Conflict:
        wanted = ", ".join(sorted(self.start))
        return Conflict(
            f"{self.noun.capitalize()} {row} is {row.state}; to {self.name.replace('_', ' ')} it must be {wanted}.",
            state=row.state,
            allowed_from=sorted(self.start),
        )

    def settle(self, row: models.Model, *, succeeded: bool) -> None:
        """Leave the move. The row must still be in it, which the job's exclusivity guarantees."""
        state = self.done if succeeded else self.failed
        if state:
            type(row)._default_manager.filter(pk=row.pk).update(state=state)
            row.state = state  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class State:
    """A state with its colour and icon, so that every door shows it alike."""

    name: str
    colour: str
    icon: str = "circle"
    transient: bool = False


class Lifecycle:
    """The states of a noun and the moves between them, as attributes: ``INSTANCE.start``."""

    def __init__(self, noun: str, states: Iterable[State], **moves: Move) -> None:
        self.noun = noun
        self.states = {state.name: state for state in states}
        self.initial = next(iter(self.states))
        self.moves = {name: replace(move, name=name, noun=noun) for name, move in moves.items()}
        for move in self.moves.values():
            named = {*move.start, move.during, move.done, move.failed} - {""}
            if unknown := named - self.states.keys():
                raise ValueError(f"{noun}.{move.name} names unknown states {sorted(unknown)}")

    def __getattr__(self, name: str) -> Move:
        try:
            move: Move = self.__dict__["moves"][name]
        except KeyError:
            raise AttributeError(name) from None
        return move

    def allowed(self, state: str) -> tuple[str, ...]:
        """Names of the moves that may start from a state."""
        return tuple(name for name, move in self.moves.items() if state in move.start)


class StateField(models.CharField):  # type: ignore[type-arg]
    """The state of a lifecycle, kept to its table by a CHECK constraint of the model (`state_is_known`)."""

    def __init__(self, lifecycle: Lifecycle | None = None, **options: Any) -> None:
        self.lifecycle = lifecycle
        if lifecycle is not None:
            options.setdefault("default", lifecycle.initial)
        options.setdefault("max_length", 24)
        super().__init__(**options)


def state_is_known(lifecycle: Lifecycle, name: str) -> models.CheckConstraint:
    """A row can't be in a state that the table does not know."""
    return models.CheckConstraint(condition=models.Q(state__in=sorted(lifecycle.states)), name=name)

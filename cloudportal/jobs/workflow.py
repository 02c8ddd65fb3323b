"""How a job kind is written down: ordered steps, each idempotent, each with its undo.

A workflow file is read from top to bottom like a recipe::

    CREATE_VOLUME = Workflow("storage.create_volume", "Create volume", move=VOLUME.create)

    @CREATE_VOLUME.step("Create the disk image")
    def create_image(run): ...

    @create_image.undo
    def delete_image(run): ...

    @CREATE_VOLUME.finish
    def settle(run): ...

    @CREATE_VOLUME.give_up
    def release(run): ...
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cloudportal.core.lifecycle import Move

if TYPE_CHECKING:
    from cloudportal.jobs.run import Run

WORKFLOWS: dict[str, Workflow] = {}


@dataclass(frozen=True, slots=True)
class Wait:
    """A step's answer that it must be called again later; no worker is held meanwhile."""

    seconds: float
    message: str = ""


StepFunction = Callable[["Run[Any]"], "Wait | None"]
UndoFunction = Callable[["Run[Any]"], None]


@dataclass(slots=True)
class Step:
    """One step. `deadline_seconds` bounds it with all its waiting; `tries` bounds its Retryable failures."""

    name: str
    title: str
    do: StepFunction
    deadline_seconds: float
    tries: int
    undo_function: UndoFunction | None = None

    def undo(self, function: UndoFunction) -> UndoFunction:
        """Decorator: how to take the step back. It runs also when the step was begun and never ended."""
        self.undo_function = function
        return function


@dataclass(slots=True)
class Workflow:
    """A job kind. Registers itself under its name, by which stored jobs find it again.

    A `quiet` kind leaves no event when it goes well: it carries out what an event has told already. A kind that is
    `at_own_risk` works on what its owner brings, such as an image: that it is not good is no fault of the cloud's.
    """

    kind: str
    title: str
    move: Move | None = None
    cancellable: bool = True
    queue: str = "default"
    priority: int = 0
    quiet: bool = False
    at_own_risk: bool = False
    steps: list[Step] = field(default_factory=list)
    finish_function: UndoFunction | None = None
    give_up_function: UndoFunction | None = None

    def __post_init__(self) -> None:
        if self.kind in WORKFLOWS:
            raise ValueError(f"Two workflows are called {self.kind}")
        WORKFLOWS[self.kind] = self

    def step(self, title: str, *, deadline_seconds: float = 600, tries: int = 5) -> Callable[[StepFunction], Step]:
        """Decorator: append a step. The function may return Wait to be called again."""

        def append(function: StepFunction) -> Step:
            step = Step(function.__name__, title, function, deadline_seconds, tries)
            self.steps.append(step)
            return step

        return append

    def finish(self, function: UndoFunction) -> UndoFunction:
        """Decorator: what is written in the transaction that ends the job well."""
        self.finish_function = function
        return function

    def give_up(self, function: UndoFunction) -> UndoFunction:
        """Decorator: what is written in the transaction that ends the job badly, after all undos."""
        self.give_up_function = function
        return function

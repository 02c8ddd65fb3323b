"""A process that others depend on, named so that a later process of the same id is not taken for it."""

import os
from dataclasses import dataclass

from cloudportal.lab.keeper import wait_for_end
from cloudportal.lab.processes import is_same, started_at

# In the environment of everything that belongs to an owner; children of children inherit it.
MARK = "CLOUDPORTAL_OWNER"


@dataclass(frozen=True, slots=True)
class Owner:
    """A process by its id and the clock ticks between boot and its start."""

    pid: int
    ticks: int

    @classmethod
    def this_process(cls) -> "Owner":
        return cls(os.getpid(), started_at(os.getpid()))

    @classmethod
    def parse(cls, text: str) -> "Owner":
        pid, _, ticks = text.partition(":")
        return cls(int(pid), int(ticks))

    def __str__(self) -> str:
        return f"{self.pid}:{self.ticks}"

    def is_alive(self) -> bool:
        return is_same(self.pid, self.ticks)

    def wait_for_end(self) -> None:
        wait_for_end(self.pid, self.ticks)

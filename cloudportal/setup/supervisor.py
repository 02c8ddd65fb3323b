"""Keeps a few processes running and stops them together.

A library was tried for this: it ends everything when one child ends, and does not tie the children to its own life.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cloudportal.setup.children import start, trim

_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 30.0
_STABLE_SECONDS = 60.0
_GRACE_SECONDS = 10.0


@dataclass(slots=True)
class Child:
    """One process to keep running."""

    name: str
    argv: Sequence[str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    restart_at: float = 0.0
    pause: float = _FIRST_PAUSE_SECONDS


@dataclass(slots=True)
class Supervisor:
    """Starts children, starts them again with growing pauses when they end, and stops them all."""

    environment: Mapping[str, str]
    say: Callable[[str], object]
    children: list[Child] = field(default_factory=list)

    def add(self, name: str, argv: Sequence[str], log: Path) -> None:
        trim(log)
        self.children.append(Child(name, argv, log))

    def tend(self) -> None:
        """Look after every child once: start what is due, notice what ended."""
        now = time.monotonic()
        for child in self.children:
            if child.process is None:
                if now >= child.restart_at:
                    self._start(child, now)
            elif child.process.poll() is not None:
                self._note_end(child, now)

    def stop(self) -> None:
        """Ask all to end, wait, and kill what is left with everything that it started."""
        alive = [child for child in self.children if child.process and child.process.poll() is None]
        for child in alive:
            _signal(child, signal.SIGTERM)
        deadline = time.monotonic() + _GRACE_SECONDS
        for child in alive:
            _wait(child, deadline - time.monotonic())
        for child in self.children:
            _kill_group(child)

    def _start(self, child: Child, now: float) -> None:
        child.process = start(child.argv, self.environment, child.log)
        child.started_at = now

    def _note_end(self, child: Child, now: float) -> None:
        if child.process is None:
            return
        code = child.process.returncode
        _kill_group(child)
        child.pause = _FIRST_PAUSE_SECONDS if now - child.started_at > _STABLE_SECONDS else child.pause * 2
        child.pause = min(child.pause, _LONGEST_PAUSE_SECONDS)
        child.restart_at = now + child.pause
        child.process = None
        self.say(f"  {child.name} ended with code {code}; it starts again in {child.pause:g} s (see {child.log}).")


def _signal(child: Child, number: signal.Signals) -> None:
    if child.process:
        child.process.send_signal(number)


def _wait(child: Child, seconds: float) -> None:
    if not child.process:
        return
    try:
        child.process.wait(max(seconds, 0))
    except subprocess.TimeoutExpired:
        _kill_group(child)
        child.process.wait()


def _kill_group(child: Child) -> None:
    """What a child started may outlive it; the group that it led names all of that."""
    if child.process:
        try:
            os.killpg(child.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return

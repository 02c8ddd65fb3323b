"""Named points where a worker may die. Tests put a death there; in production nothing is registered."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

Handler = Callable[[str], None]


def _from_environment(point: str) -> None:
    """A worker started with CRASH_AT=<point> is killed there as by the kernel; once, if CRASH_ONCE names a new file."""
    if os.environ.get("CRASH_AT") != point:
        return
    if once := os.environ.get("CRASH_ONCE"):
        try:
            os.close(os.open(once, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return
    os.kill(os.getpid(), signal.SIGKILL)


_handler: Handler = _from_environment


def reach(point: str) -> None:
    """Called by the engine at ``<kind>/<step>/<moment>``."""
    _handler(point)


def handle_with(handler: Handler | None) -> None:
    """Replace what happens at the points; None restores the environment's choice."""
    global _handler
    _handler = handler or _from_environment

"""The duties of process 1: reap orphans at once, and shut down in order."""

import os
import signal
import time
from pathlib import Path
from types import FrameType

# These have data in memory that a kill would lose: guests' disk caches and the databases.
_WORTH_WAITING_FOR = ("qemu-system", "ovsdb-server")
_SHUTDOWN_SECONDS = 3.0


def live_as_first_process(ready: Path) -> None:
    """Say that the node is ready and reap for ever.

    libvirt waits for its children to vanish, so a slow reaper makes every call slow.
    """
    signal.signal(signal.SIGTERM, _shut_down)
    ready.touch()
    while True:
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            time.sleep(0.1)


def _shut_down(_signal: int, _frame: FrameType | None) -> None:
    os.kill(-1, signal.SIGTERM)  # everything in this namespace but ourselves
    deadline = time.monotonic() + _SHUTDOWN_SECONDS
    while _still_writing() and time.monotonic() < deadline:
        time.sleep(0.01)
    os._exit(0)  # the kernel ends the rest together with process 1


def _still_writing() -> bool:
    return any(_state_of(entry) for entry in Path("/proc").iterdir() if entry.name.isdigit())


def _state_of(entry: Path) -> bool:
    try:
        name, _, rest = (entry / "stat").read_text().partition("(")[2].rpartition(")")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return name.startswith(_WORTH_WAITING_FOR) and rest.split()[0] != "Z"

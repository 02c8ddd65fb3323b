"""Takes a lab down when its owner ends, however it ends: `python -m cloudportal.lab.keeper BASE PID STARTED_AT`."""

import os
import select
import sys
from pathlib import Path

from cloudportal.lab.lab import Lab
from cloudportal.lab.processes import started_at


def main(base: str, owner: str, owner_started_at: str) -> None:
    wait_for_end(int(owner), int(owner_started_at))
    Lab(Path(base)).down()


def wait_for_end(pid: int, ticks: int) -> None:
    try:
        handle = os.pidfd_open(pid)
        if started_at(pid) != ticks:  # the id was given to another process meanwhile
            return
    except (ProcessLookupError, FileNotFoundError):
        return
    select.select([handle], [], [])


if __name__ == "__main__":
    main(*sys.argv[1:])

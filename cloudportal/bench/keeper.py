"""Cleans up after a benchmark that is killed: `python -m cloudportal.bench.keeper OWNER`."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from cloudportal.bench.database import wipe
from cloudportal.setup.keeper import end_marked
from cloudportal.setup.owner import Owner
from cloudportal.setup.places import LOCAL, REPOSITORY

HOME = LOCAL / "bench"
_LOCK = LOCAL / "bench.lock"


class AlreadyMeasuring(Exception):
    """Another benchmark of this checkout runs, and the two would measure each other."""


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Hold what only one benchmark may hold; the kernel releases it when we die.

    Raises:
        AlreadyMeasuring: somebody else holds it.
    """
    LOCAL.mkdir(parents=True, exist_ok=True)
    with _LOCK.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise AlreadyMeasuring("A benchmark of this checkout is running; two would measure each other.") from error
        yield


def keep() -> None:
    """Start a keeper for this process; when we ended in order it finds nothing to do."""
    argv = [sys.executable, "-m", "cloudportal.bench.keeper", str(Owner.this_process())]
    subprocess.run(
        ["setsid", "--fork", *argv], cwd=REPOSITORY, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True
    )


def main(owner_text: str) -> None:
    owner = Owner.parse(owner_text)
    owner.wait_for_end()
    end_marked(owner)
    try:
        # Whoever measures by now has cleaned up already.
        with one_at_a_time():
            wipe()
            shutil.rmtree(HOME, ignore_errors=True)
    except AlreadyMeasuring:
        return


if __name__ == "__main__":
    main(*sys.argv[1:])

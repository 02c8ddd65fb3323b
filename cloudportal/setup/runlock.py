"""One running portal for each checkout."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class AlreadyRunning(Exception):
    """Another process runs this checkout's portal; the message says which and where."""


@contextmanager
def run_lock(file: Path, address: str) -> Iterator[None]:
    """Hold the lock; the kernel releases it when we die.

    Raises:
        AlreadyRunning: somebody else holds it. Nothing was changed.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            raise AlreadyRunning(f"CloudPortal runs already: {lock.read().strip()}. Stop that one first.") from error
        lock.truncate(0)
        lock.write(f"{address} (process {os.getpid()})\n")
        lock.flush()
        yield

"""Real worker processes on the test's own database, and what is needed to kill them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from django.db import connection

ROOT = Path(__file__).resolve().parents[2]
WORKERS = 2
T = TypeVar("T")


def database_url() -> str:
    """The database that this test uses, as a URL for another process."""
    settings = connection.settings_dict
    host = settings["OPTIONS"].get("host") or settings["HOST"]
    return f"postgresql://{settings['USER']}:{settings['PASSWORD']}@/{settings['NAME']}?host={host}"


@contextmanager
def worker(log: Path, url: str = "", **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """A supervised worker with short leases; stopped, or killed with all its children, at the end."""
    own = {
        "DATABASE_URL": url or database_url(),
        "DJANGO_SETTINGS_MODULE": "cloudportal.settings",
        "JOB_LEASE_SECONDS": "4",
        "JOB_HEARTBEAT_SECONDS": "1",
        "JOB_CANARY_SECONDS": "3",
        "JOB_WORKERS": str(WORKERS),
    }
    command = [sys.executable, str(ROOT / "manage.py"), "runworker", "--name", f"test-{os.getpid()}"]
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=os.environ | own | environment, stdout=output, stderr=output)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            for pid in [*descendants(process.pid), process.pid]:
                kill(pid)
            process.wait(5)


def children(pid: int) -> list[int]:
    """The process's children, the oldest first."""
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return []
    return sorted(int(child) for child in text.split())


def descendants(pid: int) -> list[int]:
    return [each for child in children(pid) for each in (child, *descendants(child))]


def cluster_of(supervisor: subprocess.Popen[bytes]) -> int:
    """The delivering cluster beneath the supervisor."""
    return eventually(lambda: children(supervisor.pid), "the cluster to start")[0]


def task_runners(supervisor: subprocess.Popen[bytes]) -> list[int]:
    """The processes that run tasks: the cluster's sentinel starts them before its other two children."""

    def look() -> list[int]:
        sentinel = children(cluster_of(supervisor))
        started = children(sentinel[0]) if sentinel else []
        return started[:WORKERS] if len(started) == WORKERS + 2 else []

    return eventually(look, "the workers to start")


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def eventually(look: Callable[[], T], what: str, seconds: float = 30) -> T:
    """The first true answer.

    Raises:
        AssertionError: there was none in time.
    """
    end = time.monotonic() + seconds
    while not (answer := look()):
        assert time.monotonic() < end, f"Waited {seconds} seconds for {what}"
        time.sleep(0.1)
    return answer

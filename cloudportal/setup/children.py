"""Starting processes that end with us, however we end."""

import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from cloudportal.setup.places import REPOSITORY

_KEPT_LOG_BYTES = 5_000_000


def python(*arguments: str) -> list[str]:
    return [sys.executable, *arguments]


def manage(*arguments: str) -> list[str]:
    return python(str(REPOSITORY / "manage.py"), *arguments)


def ends_with_us(argv: Sequence[str]) -> list[str]:
    """The command, told by the kernel to end (SIGTERM) when its parent does, even by kill -9."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "TERM", "--", *argv] if setpriv else list(argv)


def start(argv: Sequence[str], environment: Mapping[str, str], log: Path) -> subprocess.Popen[bytes]:
    """Start a process in a group of its own, so that Ctrl-C reaches it only through us, in order."""
    with log.open("ab") as output:
        return subprocess.Popen(
            ends_with_us(argv),
            cwd=REPOSITORY,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def trim(log: Path) -> None:
    """Begin a new log when the old one has grown; one old one is kept."""
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > _KEPT_LOG_BYTES:
        log.replace(log.with_suffix(".log.1"))

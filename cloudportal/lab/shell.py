"""Running other programs, and waiting for what they bring about."""

import os
import subprocess
import time
from collections.abc import Callable, Sequence

_SYSTEM_PATHS = "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin"


class LabError(Exception):
    """The lab can't do what was asked; the message is for a person."""


def environment() -> dict[str, str]:
    """The caller's environment with the system's administration programs on the path."""
    return {**os.environ, "PATH": f"{os.environ.get('PATH', '')}:{_SYSTEM_PATHS}", "LC_ALL": "C.UTF-8"}


def run(argv: Sequence[str], *, timeout: float = 30) -> str:
    """Run a program to its end and return what it printed.

    Never start a daemon this way that keeps the output open: the call would wait for it.

    Raises:
        LabError: it could not start, failed, or took longer than `timeout` seconds.
    """
    try:
        done = subprocess.run(
            argv,
            env=environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise LabError(f"{' '.join(argv)}: no answer within {timeout:g} s") from error
    except OSError as error:
        raise LabError(f"{argv[0]}: {error.strerror}") from error
    if done.returncode:
        raise LabError(f"{' '.join(argv)}: {(done.stderr or done.stdout).strip() or f'exit code {done.returncode}'}")
    return done.stdout


def succeeds(argv: Sequence[str], *, timeout: float = 30) -> bool:
    try:
        run(argv, timeout=timeout)
    except LabError:
        return False
    return True


def wait_until(what: str, condition: Callable[[], bool], *, timeout: float = 60) -> None:
    """Poll until the condition holds; raises LabError naming `what` after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise LabError(f"{what}: not so after {timeout:g} s")
        time.sleep(0.02)

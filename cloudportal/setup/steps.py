"""Visible progress: one line for each step, with what and how long; everything else goes to a log."""

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from cloudportal.setup.children import ends_with_us
from cloudportal.setup.places import LOGS, REPOSITORY

_SHOWN_LINES = 20


class StepFailed(Exception):
    """A step did not succeed; the message is for a person."""


@contextmanager
def step(what: str) -> Iterator[None]:
    """Announce a step and say at its end how long it took."""
    say(f"  {what:<50}", end="")
    begun = time.monotonic()
    try:
        yield
    except BaseException:
        say("FAILED")
        raise
    say(f"{time.monotonic() - begun:6.1f} s")


def run_step(what: str, argv: Sequence[str], environment: Mapping[str, str]) -> None:
    """Run a command as a step.

    Raises:
        StepFailed: with the last lines that it printed.
    """
    LOGS.mkdir(parents=True, exist_ok=True)
    with step(what), (LOGS / "setup.log").open("a+") as log:
        begun = log.tell()
        code = subprocess.run(
            ends_with_us(argv),
            cwd=REPOSITORY,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            check=False,
        ).returncode
        if code:
            log.seek(begun)
            last = log.read().splitlines()[-_SHOWN_LINES:]
            raise StepFailed("\n".join([f"{what} ended with code {code}:", *last, f"All of it is in {log.name}."]))


def say(text: str, *, end: str = "\n") -> None:
    print(text, end=end, flush=True, file=sys.stdout)

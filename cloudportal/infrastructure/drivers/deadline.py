"""Calls into engines' client libraries that have no time-outs of their own."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable
from typing import TypeVar

from cloudportal.infrastructure.drivers.errors import Retryable

Answer = TypeVar("Answer")


def within(seconds: float, what: str, work: Callable[[], Answer]) -> Answer:
    """Run `work` in a thread of its own and return what it returns.

    A call that hangs can't be cancelled: its thread is left behind as a daemon and ends when the
    library gives up, so `work` must not touch what the caller goes on to use.

    Raises:
        Retryable: `seconds` passed, with `what` in the message. Whether the work was done is unknown.
    """
    answers: list[Answer] = []
    failures: list[BaseException] = []

    def run() -> None:
        try:
            answers.append(work())
        except BaseException as failure:
            failures.append(failure)

    thread = threading.Thread(target=contextvars.copy_context().run, args=(run,), name=what, daemon=True)
    thread.start()
    thread.join(seconds)
    if failures:
        raise failures[0]
    if not answers:
        raise Retryable(f"{what}: no answer within {seconds:g} s.")
    return answers[0]

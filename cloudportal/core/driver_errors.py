"""What can go wrong between us and an engine, in four words that a workflow knows how to answer."""

from __future__ import annotations


class DriverError(Exception):
    """An engine refused or did not answer. The message is written for the person who reads the job.

    `engine` is what the engine itself said, or where it is: names of hosts, addresses, paths. Operators read it in the
    job's log; tenants never do.
    """

    def __init__(self, message: str, engine: str = "") -> None:
        super().__init__(f"{message} ({engine})" if engine else message)
        self.message = message
        self.engine = engine


class Retryable(DriverError):
    """The same call may succeed later: a connection lost, an engine busy, a time-out."""


class Fatal(DriverError):
    """The same call will fail again: bad input, no room, a rule of the engine."""


class NotFound(DriverError):
    """The object is not there. For removals that is success, and drivers treat it so."""


class Unsupported(DriverError):
    """This engine can't do that at all."""

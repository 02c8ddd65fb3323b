"""Where a write comes from, for the audit trail: set once at a door or by the job runner, read by `events.record`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass, replace
from typing import Any

MARK_LENGTH = 16


@dataclass(frozen=True, slots=True)
class Origin:
    """Which client, through which key or session, in which request.

    `operator_id` and `operator_name` are set while an operator acts for somebody: the actor of the request is then
    whom they act for. `view_id` is the session's view, where it is a session that does so.
    """

    address: str = ""
    key_id: str = ""
    session: str = ""
    request_id: str = ""
    operator_id: int | None = None
    operator_name: str = ""
    view_id: int | None = None

    def as_json(self) -> dict[str, Any]:
        """What a job keeps of it; `from_json` reads it back."""
        return {name: value for name, value in asdict(self).items() if value}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Origin:
        """Read what a job kept. Names that a newer release wrote are passed over."""
        return cls(**{name: value for name, value in values.items() if name in cls.__slots__})


_current: ContextVar[Origin] = ContextVar("origin", default=Origin())  # noqa: B039 - it is frozen


def current() -> Origin:
    """The origin of what is being done now; empty for work that the cloud does by itself."""
    return _current.get()


@contextmanager
def coming_from(origin: Origin) -> Iterator[None]:
    """Everything in this block comes from there."""
    token = _current.set(origin)
    try:
        yield
    finally:
        _current.reset(token)


def amend(**known: Any) -> None:
    """Add what a door learns while the request is under way. The enclosing `coming_from` forgets it."""
    _current.set(replace(_current.get(), **known))


def session_mark(session_key: str | None) -> str:
    """A session's name in the trail. The key itself would be a way in for whoever reads the trail."""
    return hashlib.sha256(session_key.encode()).hexdigest()[:MARK_LENGTH] if session_key else ""

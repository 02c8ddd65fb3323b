"""Refusals: what a service raises, and what every door turns into its own form.

A refusal has a stable `code` for scripts, an HTTP `status`, and a message for a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar


class Refusal(Exception):
    """The request can't be done. `details` is public and goes to the client as it is."""

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 400
    title: ClassVar[str] = "The request was refused"

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details


class InvalidInput(Refusal):
    """A field is wrong. `errors` maps each field to its messages; the empty name is the whole form."""

    code = "invalid"
    title = "Some of the input is not valid"

    def __init__(self, errors: Mapping[str, str | list[str]]) -> None:
        self.errors = {field: [text] if isinstance(text, str) else list(text) for field, text in errors.items()}
        super().__init__(" ".join(text for texts in self.errors.values() for text in texts))


class NotFound(Refusal):
    """The object does not exist, or the actor may not know that it does."""

    code = "not-found"
    status = 404
    title = "Not found"

    def __init__(self, message: str = "There is no such object.") -> None:
        super().__init__(message)


class PermissionDenied(Refusal):
    """The actor sees the object and may not do this to it."""

    code = "permission-denied"
    status = 403
    title = "Not allowed"


class Conflict(Refusal):
    """The object's state, or a change under way, does not allow this."""

    code = "conflict"
    status = 409
    title = "That conflicts with the present state"


class CapacityExhausted(Refusal):
    """Nothing fits. `details["filters"]` says how many candidates each filter left."""

    code = "capacity-exhausted"
    status = 409
    title = "There is no room"


class LimitExceeded(Refusal):
    """More than its owner may have. `details` say which resource, whose limit, and how much is left."""

    code = "limit-exceeded"
    status = 409
    title = "A limit is reached"


class Unreachable(Refusal):
    """An engine could not be reached, or is not what it was said to be."""

    code = "unreachable"
    status = 422
    title = "The engine did not answer"

"""What ends a command, and with which exit code."""

from __future__ import annotations

from typing import Any

FAILED = 1
USAGE = 2
NOT_ALLOWED = 3
NOT_FOUND = 4
CONFLICT = 5
INVALID = 6
UNAVAILABLE = 7
JOB_FAILED = 8
TOO_MANY = 9
INTERRUPTED = 130

_BY_STATUS = {
    400: INVALID, 401: NOT_ALLOWED, 403: NOT_ALLOWED, 404: NOT_FOUND, 409: CONFLICT, 412: CONFLICT, 413: INVALID,
    415: INVALID, 422: INVALID, 429: TOO_MANY,
}  # fmt: skip


class CommandError(Exception):
    """Said to the user on standard error. `hints` are lines that say what to do about it."""

    exit_code = FAILED

    def __init__(self, message: str, *hints: str, exit_code: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hints = hints
        self.exit_code = exit_code or type(self).exit_code


class UsageError(CommandError):
    """The command line makes no sense."""

    exit_code = USAGE


class Unavailable(CommandError):
    """The portal could not be reached, or did not answer as one."""

    exit_code = UNAVAILABLE


class Problem(CommandError):
    """The portal refused, in the words of its problem details (RFC 9457)."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        self.status = status
        self.code = str(body.get("code", ""))
        fields = [f"{error['field']}: {error['message']}" for error in body.get("errors", []) if error.get("field")]
        hints = fields or _filters(body)
        if status == 401:
            hints = [*hints, "`cloudportal login` keeps a key for the next commands."]
        detail = body.get("title") if fields else body.get("detail") or body.get("title")
        super().__init__(str(detail or f"The portal answered {status}."), *hints, exit_code=exit_code_of(status))


def exit_code_of(status: int) -> int:
    """The exit code for an HTTP status that is an error."""
    return UNAVAILABLE if status >= 500 else _BY_STATUS.get(status, FAILED)


def _filters(body: dict[str, Any]) -> list[str]:
    """How many candidates each filter of a placement left: the reasons of a refusal for lack of room."""
    filters = body.get("filters")
    if not isinstance(filters, list):
        return []
    return [" ".join(str(value) for value in row.values()) if isinstance(row, dict) else str(row) for row in filters]

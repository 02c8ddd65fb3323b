"""Every error as problem details (RFC 9457), with a code for scripts and words for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import structlog
from django.core.exceptions import (
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, UnreadablePostError
from psycopg.errors import DeadlockDetected, SerializationFailure
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from cloudportal.core.errors import Conflict, InvalidInput, NotFound, Refusal
from cloudportal.doors.api.renderers import TooLarge
from cloudportal.doors.trail import note_refusal

MEDIA_TYPE = "application/problem+json"


_FORM_WIDE = ("", "__all__", "non_field_errors")

# Codes are kept for ever: scripts compare them.
_OF_DRF: dict[type[exceptions.APIException], tuple[str, str]] = {
    exceptions.NotAuthenticated: ("not-authenticated", "Sign in first"),
    exceptions.AuthenticationFailed: ("not-authenticated", "Sign in first"),
    exceptions.PermissionDenied: ("permission-denied", "Not allowed"),
    exceptions.NotFound: ("not-found", "Not found"),
    exceptions.MethodNotAllowed: ("method-not-allowed", "Method not allowed"),
    exceptions.UnsupportedMediaType: ("unsupported-media-type", "Unsupported media type"),
    exceptions.ParseError: ("malformed", "The request can't be read"),
    exceptions.Throttled: ("too-many-requests", "Too many requests"),
}


def handle(error: Exception, context: Mapping[str, Any]) -> Response:
    """DRF's exception handler. An error of ours, too, is answered as a problem, and logged with its traceback."""
    set_rollback()
    request = context.get("request")
    if request is not None:
        note_refusal(request._request, error)
    body, headers = described(error)
    if request_id := getattr(request, "id", ""):
        body["request_id"] = request_id
    return Response(body, status=body["status"], headers=headers, content_type=MEDIA_TYPE)


def not_found(request: HttpRequest) -> dict[str, Any]:
    """The problem of an address that does not exist."""
    slash = "" if request.path.endswith("/") else " Addresses end in a slash."
    return problem(404, "not-found", "Not found", f"There is nothing at {request.path}.{slash}")


def problem(status: int, code: str, title: str, detail: str, **more: Any) -> dict[str, Any]:
    """The members of a problem. `more` never replaces one of RFC 9457."""
    own = {"type": f"urn:cloudportal:problem:{code}", "title": title, "status": status, "detail": detail, "code": code}
    return {**own, **{name: value for name, value in more.items() if name not in own}}


def described(error: Exception) -> tuple[dict[str, Any], dict[str, str]]:
    """The problem that an error is, and the headers that go with it."""
    error = _as_ours(error)
    if isinstance(error, InvalidInput):
        return _invalid(list(_entries(error.errors))), {}
    if isinstance(error, Refusal):
        headers = {"Retry-After": str(error.details["retry_after"])} if "retry_after" in error.details else {}
        return problem(error.status, error.code, error.title, error.message, **error.details), headers
    if isinstance(error, exceptions.ValidationError):
        return _invalid(list(_entries(error.detail))), {}
    if isinstance(error, exceptions.APIException):
        return _of_drf(error)
    structlog.get_logger(__name__).error("a request failed", exc_info=error)
    if isinstance(error, OperationalError | InterfaceError):
        return unavailable(), {"Retry-After": "5"}
    return internal(), {}


def unavailable() -> dict[str, Any]:
    return problem(503, "unavailable", "Not available", "The database does not answer; try again.")


def internal() -> dict[str, Any]:
    return problem(500, "internal-error", "Internal error", "Something went wrong here; it was logged.")


def _as_ours(error: Exception) -> Exception:
    """An error of Django or of the database as the refusal that it is."""
    if isinstance(error, Http404):
        return NotFound()
    if isinstance(error, PermissionDenied):
        return exceptions.PermissionDenied()
    if isinstance(error, RequestDataTooBig | TooManyFieldsSent | TooManyFilesSent):
        return TooLarge()
    if isinstance(error, SuspiciousOperation | UnreadablePostError):
        return exceptions.ParseError("The request can't be read.")
    if isinstance(error, OperationalError) and isinstance(error.__cause__, DeadlockDetected | SerializationFailure):
        return Conflict("It was being changed by somebody else at the same moment; try again.")
    return error


def _of_drf(error: exceptions.APIException) -> tuple[dict[str, Any], dict[str, str]]:
    code, title = _OF_DRF.get(type(error), (str(error.default_code).replace("_", "-"), "The request was refused"))
    headers = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(int(wait))
    return problem(error.status_code, code, title, str(error.detail)), headers


def _invalid(errors: list[dict[str, str]]) -> dict[str, Any]:
    detail = " ".join(dict.fromkeys(error["message"] for error in errors))
    return problem(400, InvalidInput.code, InvalidInput.title, detail, errors=errors)


def _entries(detail: Any, path: tuple[str, ...] = ()) -> Iterator[dict[str, str]]:
    """One entry a message, with the JSON pointer (RFC 6901) of the value that it is about."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            yield from _entries(inner, path if name in _FORM_WIDE else (*path, str(name)))
    elif isinstance(detail, list):
        for position, inner in enumerate(detail):
            # DRF writes the errors of a list's items as a list with empty places.
            yield from _entries(inner, (*path, str(position)) if isinstance(inner, Mapping | list) else path)
    else:
        pointer = "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in path)
        yield {"pointer": pointer, "field": path[0] if path else "", "message": str(detail)}

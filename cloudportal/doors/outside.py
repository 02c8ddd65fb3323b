"""Errors that came about before or around a view of the API, in the API's form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase

from cloudportal.doors.api.problems import MEDIA_TYPE, internal, problem, unavailable
from cloudportal.doors.lanes import API

_WORDS: dict[int, tuple[str, str, str]] = {
    400: ("malformed", "The request can't be read", "The request can't be read."),
    403: ("permission-denied", "Not allowed", "You may not do that."),
    404: ("not-found", "Not found", "There is nothing at that address."),
    405: ("method-not-allowed", "Method not allowed", "That method is not allowed here."),
    413: ("too-large", "The request was refused", "The body is too large."),
    429: ("too-many-requests", "Too many requests", "You ask too often."),
}
# What is the client's to read beside the body.
_KEPT = ("Allow", "Retry-After", "WWW-Authenticate")


def problems(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Replaces pages of errors under the API's addresses: a script can't read them."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if response.status_code < 400 or not request.path_info.startswith(API):
            return response
        if response.headers.get("Content-Type", "").startswith(("application/problem+json", "application/json")):
            return response
        return _as_problem(request, response)

    return middleware


def _as_problem(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    body = _body(response.status_code)
    if request_id := getattr(request, "id", ""):
        body["request_id"] = request_id
    answer = JsonResponse(body, status=response.status_code, content_type=MEDIA_TYPE)
    for name in _KEPT:
        if response.has_header(name):
            answer[name] = response[name]
    if response.status_code == 503 and "Retry-After" not in answer:
        answer["Retry-After"] = "5"
    return answer


def _body(status: int) -> dict[str, Any]:
    if status == 503:
        return unavailable()
    if status >= 500:
        return {**internal(), "status": status}
    code, title, detail = _WORDS.get(status, ("refused", "The request was refused", "The request was refused."))
    return problem(status, code, title, detail)

"""Saying that something will go: ``Deprecation`` (RFC 9745) and ``Sunset`` (RFC 8594)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.http.response import HttpResponseBase
from django.utils.http import http_date

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Deprecation:
    """`since` when it should not be used any more, when it ends, and where what takes its place is described."""

    since: dt.datetime
    sunset: dt.datetime | None = None
    link: str = ""

    def write(self, response: HttpResponseBase) -> None:
        response["Deprecation"] = f"@{int(self.since.timestamp())}"
        if self.sunset:
            response["Sunset"] = http_date(self.sunset.timestamp())
        if self.link:
            links = [response["Link"]] if response.has_header("Link") else []
            response["Link"] = ", ".join([*links, f'<{self.link}>; rel="deprecation"'])


def deprecated(since: dt.datetime, *, sunset: dt.datetime | None = None, link: str = "") -> Callable[[T], T]:
    """Decorator of a view or of one of its methods, above all others: its answers say that it will go."""

    def decorate(what: T) -> T:
        what.deprecation = Deprecation(since, sunset, link)  # type: ignore[attr-defined]
        return what

    return decorate


def deprecation_of(view: Any, handler: Any) -> Deprecation | None:
    """What was said of a method, or of its view as a whole."""
    found: Deprecation | None = getattr(handler, "deprecation", None) or getattr(view, "deprecation", None)
    return found

"""What will go says so."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.test import RequestFactory
from rest_framework.response import Response

from cloudportal.doors.api.deprecation import deprecated
from cloudportal.doors.api.requests import Request
from cloudportal.doors.api.views import Endpoint, answers

SINCE = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
SUNSET = dt.datetime(2027, 1, 1, tzinfo=dt.UTC)


class OldViewSet(Endpoint):
    authentication_classes: list[Any] = []
    permission_classes: list[Any] = []

    @deprecated(SINCE, sunset=SUNSET, link="https://example.org/why")
    @answers(dict)
    def list(self, request: Request) -> Response:
        return Response({})

    def create(self, request: Request) -> Response:
        return Response({}, status=201)


@deprecated(SINCE)
class AllOldViewSet(OldViewSet):
    pass


def ask(view: type[Endpoint], method: str) -> Any:
    request = getattr(RequestFactory(), method)("/", content_type="application/json")
    return view.as_view({"get": "list", "post": "create"})(request)


def test_an_operation_says_when_it_goes() -> None:
    answer = ask(OldViewSet, "get")

    assert answer["Deprecation"] == "@1767225600"
    assert answer["Sunset"] == "Fri, 01 Jan 2027 00:00:00 GMT"
    assert answer["Link"] == '<https://example.org/why>; rel="deprecation"'
    assert "Deprecation" not in ask(OldViewSet, "post")


def test_a_whole_view_says_it_on_each_answer() -> None:
    answer = ask(AllOldViewSet, "post")

    assert answer["Deprecation"] == "@1767225600"
    assert "Sunset" not in answer

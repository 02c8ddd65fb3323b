"""The OpenAPI document, and a page to read it."""

from __future__ import annotations

import functools
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.views import SpectacularAPIView
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request


class SchemaView(SpectacularAPIView):
    """YAML, or JSON by ``?format=json`` or by the Accept header. It is the same for everybody, and made once."""

    content_negotiation_class = DefaultContentNegotiation
    authentication_classes: list[Any] = []
    schema = None

    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        renderer: Any = type(request.accepted_renderer)
        return HttpResponse(_document(renderer), content_type=renderer.media_type)


@functools.cache
def _document(renderer: Any) -> bytes:
    text: bytes = renderer().render(SchemaGenerator().get_schema(request=None, public=True), renderer_context={})
    return text


def docs(request: HttpRequest) -> HttpResponse:
    """The document as a page. Everything it loads is ours, as the content policy wants it."""
    return render(request, "api/docs.html")

"""The OpenAPI document, and a page to read it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from drf_spectacular.views import SpectacularAPIView
from rest_framework.negotiation import DefaultContentNegotiation


class SchemaView(SpectacularAPIView):
    """YAML, or JSON by ``?format=json`` or by the Accept header."""

    content_negotiation_class = DefaultContentNegotiation
    authentication_classes: list[Any] = []


def docs(request: HttpRequest) -> HttpResponse:
    """The document as a page. Everything it loads is ours, as the content policy wants it."""
    return render(request, "api/docs.html")

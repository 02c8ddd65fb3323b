"""Addresses of our pages for people who are somewhere else, such as in their mail."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urljoin

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse


def link_to(request: HttpRequest, route: str) -> Callable[[str], str]:
    """From what a route takes to the whole address: of PORTAL_URL, or of the host that the request asked."""

    def link(value: str) -> str:
        path = reverse(route, args=[value])
        return urljoin(settings.PORTAL_URL, path) if settings.PORTAL_URL else request.build_absolute_uri(path)

    return link

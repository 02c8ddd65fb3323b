"""Middleware of the pages, which scripts with a key pass by: a key has no session, no form and no page to protect."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware
from django_htmx.middleware import HtmxMiddleware

API = "/api/"
SCHEME = "bearer"


def has_key(request: HttpRequest) -> bool:
    """Whether the request brings an API key. Nothing but the key decides then who asks, whatever cookies there are."""
    if not request.path_info.startswith(API):
        return False
    return bool(request.META.get("HTTP_AUTHORIZATION", "").partition(" ")[0].lower() == SCHEME)


class ForPages:
    """Does nothing to a request with a key."""

    get_response: Any

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if has_key(request):
            response: HttpResponseBase = self.get_response(request)
            return response
        answered: HttpResponseBase = super().__call__(request)  # type: ignore[misc]
        return answered


class Csrf(ForPages, CsrfViewMiddleware):
    def process_view(self, request: HttpRequest, *args: Any) -> Any:
        return None if has_key(request) else super().process_view(request, *args)


class Sessions(ForPages, SessionMiddleware):
    pass


class Authentication(ForPages, AuthenticationMiddleware):
    pass


class Messages(ForPages, MessageMiddleware):
    pass


class Htmx(ForPages, HtmxMiddleware):
    pass

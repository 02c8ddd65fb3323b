"""What every request of a signed-in browser passes: its session's age, and whether a second factor is owed."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from cloudportal.doors.lanes import has_key
from cloudportal.signin.requests import BEGAN, SEEN
from tenants.signing_in import owes_factor

GetResponse = Callable[[HttpRequest], HttpResponseBase]

# When a session was last seen is written down this often at most.
SEEN_EVERY_SECONDS = 300

# What somebody who owes a second factor may open: all it takes to set one up, and the way out.
SETTING_UP = frozenset(
    {
        "mfa_index", "mfa_activate_totp", "mfa_add_webauthn", "mfa_view_recovery_codes", "mfa_download_recovery_codes",
        "account_reauthenticate", "account_logout",
    }
)  # fmt: skip


def activity(get_response: GetResponse) -> GetResponse:
    """Ends sessions that are older than they may get, and writes down now and then that the others are in use."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        in_use = settings.SESSION_COOKIE_NAME in request.COOKIES and not has_key(request)
        if in_use and request.user.is_authenticated:
            now = time.time()
            began = request.session.setdefault(BEGAN, now)
            if now - began > settings.SESSION_LONGEST_SECONDS:
                logout(request)
            elif now - request.session.get(SEEN, 0) > SEEN_EVERY_SECONDS:
                request.session[SEEN] = now
                UserSession.objects.create_from_request(request)
        return get_response(request)

    return middleware


class SecondFactor:
    """Holds somebody back who owes a second factor, on every page and part. The API asks for itself."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: Any) -> HttpResponse | None:
        if request.path_info.startswith("/api/") or not owes_factor(request.user):
            return None
        request.held_back = True  # type: ignore[attr-defined]
        if request.resolver_match and request.resolver_match.view_name in SETTING_UP:
            return None
        url = reverse("mfa_index")
        return HttpResponseClientRedirect(url) if request.htmx else redirect(url)  # type: ignore[attr-defined]


second_factor = SecondFactor

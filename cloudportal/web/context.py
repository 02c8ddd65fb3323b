"""What every page's shell needs. It asks the database nothing."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from cloudportal.doors.middleware import live_origin
from cloudportal.web.navigation import sections


def shell(request: HttpRequest) -> dict[str, Any]:
    """The navigation, the currency and where live updates come from."""
    user = getattr(request, "user", None)
    signed_in = bool(user and user.is_authenticated and hasattr(request, "actor"))
    # Who must set up a second factor first is shown no ways to elsewhere.
    signed_in = signed_in and not getattr(request, "held_back", False)
    return {
        "signed_in": signed_in,
        "navigation": sections(request) if signed_in else [],
        "live_origin": live_origin(request),
        "currency": settings.CURRENCY,
    }

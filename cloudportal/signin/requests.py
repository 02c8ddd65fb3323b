"""What is known of a browser that asks."""

from __future__ import annotations

import time
from typing import Any

from allauth.account import app_settings
from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import get_authentication_records
from django.http import HttpRequest

from tenants.models.known_browser import BROWSER_LENGTH

# Of a session: when it began, and when it was last written down that it is in use.
BEGAN, SEEN = "began_at", "seen_at"


def address_of(request: HttpRequest) -> str:
    """The address of the client, past the proxies that the settings trust."""
    return str(get_adapter().get_client_ip(request))


def browser_of(request: HttpRequest) -> str:
    return request.headers.get("User-Agent", "")[:BROWSER_LENGTH]


def ways_in(request: HttpRequest) -> list[str]:
    """How the user of the session has proved who they are: ``password``, ``totp``, …"""
    records: list[dict[str, Any]] = get_authentication_records(request, request.user)
    return [record.get("type") or record["method"] for record in records]


def proved_lately(request: HttpRequest) -> bool:
    """Whether they did so in the last minutes, so that they need not do it again before a delicate change."""
    records: list[dict[str, Any]] = get_authentication_records(request, request.user)
    return bool(records) and time.time() - records[-1]["at"] < app_settings.REAUTHENTICATION_TIMEOUT

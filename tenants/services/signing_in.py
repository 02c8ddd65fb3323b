"""Writing down who came in, who went, and what they changed about how they come in."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from cloudportal.core import events
from cloudportal.core.models import Event
from tenants.actor import Actor
from tenants.models import KnownBrowser, User
from tenants.models.known_browser import BROWSER_LENGTH


def record_sign_in(user: User, *, address: str, browser: str, how: str) -> bool:
    """Write a sign-in down; whether it is the first from this browser and address of a user who came before."""
    browser = browser[:BROWSER_LENGTH]
    with transaction.atomic():
        others = KnownBrowser.objects.filter(user=user).exists()
        _, is_new = KnownBrowser.objects.update_or_create(
            user=user, address=address, browser=browser, defaults={"seen_at": Now()}
        )
        record_about(user, "tenants.sign_in", f"{user} signed in.", address=address, browser=browser, how=how)
    return is_new and others


def record_sign_out(user: User, *, address: str) -> None:
    record_about(user, "tenants.sign_out", f"{user} signed out.", address=address)


def record_about(user: User, action: str, message: str, *, warning: bool = False, **details: Any) -> None:
    """Write down what a user did to their own way in."""
    with transaction.atomic():
        events.record(
            Actor(user.username, user.pk, user.account_id),
            action,
            message,
            resource=user,
            account_id=user.account_id,
            level=Event.Level.WARNING if warning else Event.Level.INFO,
            **details,
        )

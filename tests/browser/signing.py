"""A small portal without a zone, for what happens before anybody has a machine."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page

from tenants.models import User
from tests.factories import PASSWORD

# Only these words of the console matter here: there is no live process to connect to.
POLICY = re.compile(r"Content Security Policy|Refused to", re.IGNORECASE)


@contextmanager
def window(chromium: Browser, url: str, **options: Any) -> Iterator[Page]:
    """A fresh window. A violation of the content policy fails the test."""
    context: BrowserContext = chromium.new_context(base_url=url, **options)
    context.set_default_timeout(30_000)
    complaints: list[str] = []
    page = context.new_page()
    page.on("console", lambda message: complaints.append(message.text) if POLICY.search(message.text) else None)
    yield page
    context.close()
    assert complaints == []


def enter(page: Page, user: User) -> None:
    """Name and password, up to whatever comes after them."""
    page.goto("/sign-in/")
    page.get_by_label("User name or e-mail").fill(user.username)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_load_state()


def sign_out(page: Page) -> None:
    page.goto("/profile/security/")
    page.get_by_role("button", name="account menu").last.click()
    page.get_by_role("button", name="Sign out").last.click()
    page.get_by_role("heading", name="Sign in").wait_for()


def virtual_key(page: Page) -> None:
    """A security key in software, which says yes whenever it is asked."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "usb",
        "hasResidentKey": False,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})

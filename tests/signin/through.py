"""The way to a provider and back, as a browser goes it."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tenants.models import IdentityProvider
from tests.signin.conftest import Browser, words
from tests.signin.providers import Liar, sign_in_there


def left_for(page: Any) -> str:
    """The provider's address that a page leads to."""
    found = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', words(page))
    assert found, (page.status_code, words(page)[:2000])
    return unescape(found[1])


def leave(browser: Browser, provider: IdentityProvider, **data: str) -> str:
    """Press the button; the provider's address that the page leads to."""
    return left_for(browser.post(f"/sign-in/with/{provider.uuid}/", data))


def come_back(browser: Browser, location: str) -> Any:
    parts = urlsplit(location)
    return browser.get(f"{parts.path}?{parts.query}")


def through(browser: Browser, provider: IdentityProvider, name: str, **data: str) -> Any:
    return come_back(browser, sign_in_there(leave(browser, provider, **data), name))


def said(browser: Browser, answer: Any) -> str:
    """The words that a failed sign-in leads to."""
    assert answer.status_code == 302
    assert not browser.is_in
    return words(browser.get(answer["Location"]))


def lie(browser: Browser, liar: Liar, provider: IdentityProvider) -> Any:
    asked = parse_qs(urlsplit(leave(browser, provider)).query)
    liar.nonce = asked["nonce"][0]
    return browser.get(f"/sign-in/with/{provider.uuid}/back/?code=c&state={asked['state'][0]}")

"""One portal and one Chromium for all stories."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from cloudportal.lab import can_run
from tests.browser.portal import ROOT, Portal, start_portal
from tests.conftest import skip_real_thing

# Playwright runs a loop in this thread; tests talk to the database between its calls, not inside them.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PICTURES = ROOT / "docs" / "pictures"
PATIENCE_MS = 60_000
Picture = Callable[[Page, str], None]


@pytest.fixture(scope="session")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """Everything that `make run` starts, with real hosts and real guests."""
    if refusal := can_run():
        skip_real_thing(refusal)
    running = start_portal(tmp_path_factory.mktemp("portal"))
    yield running
    running.stop()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        skip_real_thing("Chromium is not installed (package chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser, portal: Portal) -> Iterator[Page]:
    """A fresh browser window of a desktop. Complaints in its console fail the test."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, base_url=portal.url)
    context.set_default_timeout(PATIENCE_MS)
    complaints: list[str] = []
    page = context.new_page()
    page.on("console", lambda message: complaints.append(message.text) if is_complaint(message) else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == []


def is_complaint(message: ConsoleMessage) -> bool:
    """Errors, but not what htmx says of a request that was under way when the page was left."""
    return message.type == "error" and not message.text.startswith(("htmx:afterRequest", "htmx:sendAbort"))


@pytest.fixture
def picture() -> Picture:
    """Keep a picture for the documents."""

    def take(page: Page, name: str) -> None:
        PICTURES.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=PICTURES / f"{name}.png")

    return take


def sign_in(page: Page, portal: Portal, who: str) -> None:
    page.goto("/")
    page.get_by_label("User name").fill(portal.facts[who]["username"])
    page.get_by_label("Password").fill(portal.facts[who]["password"])
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", level=1).wait_for()

"""An operator sees a real host die, is alerted of it as it happens, and sees it return."""

from __future__ import annotations

import time

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Picture, sign_in
from tests.browser.portal import Portal

pytestmark = [pytest.mark.browser, pytest.mark.lab, pytest.mark.slow]

PROMISED_SECONDS = 30
SOON_MS = 10_000


def test_a_host_that_loses_power_is_shown_as_disconnected(page: Page, portal: Portal, picture: Picture) -> None:
    sign_in(page, portal, "operator")
    picture(page, "operator")
    page.goto("/alerts/?state=Open&kind=host-disconnected")
    expect(page.locator("#results")).to_contain_text("Nothing matches")
    expect(page.locator("[data-live-mark]").first).to_contain_text("Live")
    portal.lab.kill_host("hv2")
    began = time.monotonic()
    # Nobody touches the page: it hears of the alert, and so do the counts beside the navigation and at the bell.
    row = page.get_by_role("row").filter(has_text="hv2")
    expect(row).to_contain_text("Host disconnected", timeout=PROMISED_SECONDS * 1000)
    assert state_of(portal, "hv2") == "Disconnected"
    expect(page.get_by_role("link", name="Alerts").locator(".count-error")).to_be_visible(timeout=SOON_MS)
    expect(page.locator(".portal-top .bell-count .count")).to_be_visible(timeout=SOON_MS)

    row.get_by_role("link", name="Host disconnected").click()
    page.get_by_role("link", name="Acknowledge").click()
    page.get_by_label("Note").fill("The power supply is being replaced.")
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.locator("#alert")).to_contain_text("Acknowledged")
    expect(page.locator("#alert")).to_contain_text("The power supply is being replaced.")
    page.locator(".portal-top .bell").click()
    page.get_by_role("button", name="Host hv2 does not answer").first.click()
    expect(page.get_by_role("heading", name="Host disconnected")).to_be_visible()

    page.goto("/hosts/")
    expect(page.get_by_role("row").filter(has_text="hv2")).to_contain_text("Disconnected")

    portal.lab.start_host("hv2")
    while state_of(portal, "hv2") != "Up":
        assert time.monotonic() - began < 3 * PROMISED_SECONDS
        time.sleep(0.5)
    page.goto("/alerts/?state=Resolved&kind=host-disconnected")
    expect(page.get_by_role("row").filter(has_text="hv2").first).to_contain_text("Resolved")


def state_of(portal: Portal, name: str) -> str:
    answer = httpx.get(f"{portal.url}/api/v1/hosts/", headers=portal.api("operator")).raise_for_status()
    return next(host["connection_state"] for host in answer.json()["results"] if host["name"] == name)

"""An operator sees a real host die, and return."""

from __future__ import annotations

import time

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Picture, sign_in
from tests.browser.portal import Portal

pytestmark = [pytest.mark.browser, pytest.mark.lab, pytest.mark.slow]

PROMISED_SECONDS = 30


def test_a_host_that_loses_power_is_shown_as_disconnected(page: Page, portal: Portal, picture: Picture) -> None:
    sign_in(page, portal, "operator")
    picture(page, "operator")
    portal.lab.kill_host("hv2")
    began = time.monotonic()
    while state_of(portal, "hv2") != "Disconnected":
        assert time.monotonic() - began < PROMISED_SECONDS
        time.sleep(0.5)

    page.goto("/hosts/")
    expect(page.get_by_role("row").filter(has_text="hv2")).to_contain_text("Disconnected")

    portal.lab.start_host("hv2")
    while state_of(portal, "hv2") != "Up":
        assert time.monotonic() - began < 3 * PROMISED_SECONDS
        time.sleep(0.5)


def state_of(portal: Portal, name: str) -> str:
    answer = httpx.get(f"{portal.url}/api/v1/hosts/", headers=portal.api("operator")).raise_for_status()
    return next(host["connection_state"] for host in answer.json()["results"] if host["name"] == name)

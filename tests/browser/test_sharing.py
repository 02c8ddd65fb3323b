"""Two tenants and one template: shared, used in the wizard, taken back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PATIENCE_MS, sign_in
from tests.browser.portal import Portal
from tests.browser.test_tenancy import PASSWORD, first, post

pytestmark = [pytest.mark.browser, pytest.mark.lab, pytest.mark.slow, pytest.mark.timeout(420)]

TEMPLATE = "golden-image"


def test_a_template_is_shared_used_and_taken_back(page: Page, portal: Portal, chromium: Browser) -> None:
    portal, account = with_a_neighbour(portal)
    upload_template(portal)
    sign_in(page, portal, "tenant")
    with at_the_neighbours(chromium, portal) as theirs:
        theirs.goto("/instances/deploy/")
        expect(theirs.locator("main")).not_to_contain_text(TEMPLATE)

        share_with(page, account)
        deploy_from_it(theirs)

        take_back(page)
        theirs.goto("/instances/deploy/")
        expect(theirs.locator("main")).not_to_contain_text(TEMPLATE)
        theirs.goto("/instances/")
        theirs.get_by_role("link", name="borrowed-1", exact=True).click()
        expect(theirs.locator("#head .page-lead")).to_contain_text("Running", timeout=PATIENCE_MS)


def with_a_neighbour(portal: Portal) -> tuple[Portal, str]:
    """A second tenant with a network, made by the operator's script; and the id of its account."""
    home = post(portal, "domains", name="neighbours", parent=first(portal, "domains", name="ROOT"))
    account = post(portal, "accounts", name="neighbours", domain=home)
    user = post(portal, "users", username="neighbour", password=PASSWORD, account=account)
    post(portal, "grants", user=user, account=account, role=first(portal, "roles", code="member"))
    zone = first(portal, "zones")
    post(portal, "networks", account=account, zone=zone, name="theirs", cidr="10.9.0.0/24")
    login = {"username": "neighbour", "password": PASSWORD}
    return replace(portal, facts=portal.facts | {"neighbour": login}), account


def upload_template(portal: Portal) -> None:
    """The tenant's own image, by the tenant's script, until it is Ready."""
    image = Path(portal.lab.base).parent / "cache" / "guest.qcow2"
    fields = {"zone": first(portal, "zones"), "name": TEMPLATE, "format": "qcow2"}
    headers = portal.api() | {"Prefer": "wait=60"}
    with image.open("rb") as file:
        answer = httpx.post(
            f"{portal.url}/api/v1/templates/upload/", data=fields, files={"file": file}, headers=headers, timeout=90
        )
    assert answer.is_success, answer.text
    assert answer.json()["state"] == "Ready", answer.text


@contextmanager
def at_the_neighbours(chromium: Browser, portal: Portal) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, base_url=portal.url)
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    sign_in(page, portal, "neighbour")
    yield page
    context.close()


def share_with(page: Page, account: str) -> None:
    page.get_by_role("link", name="Templates").first.click()
    page.get_by_role("link", name=TEMPLATE, exact=True).click()
    page.locator("main").get_by_role("link", name="Share", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Account").fill(account)
    dialog.get_by_role("button", name="Share").click()
    expect(page.locator("main")).to_contain_text("neighbours", timeout=PATIENCE_MS)


def deploy_from_it(page: Page) -> None:
    page.goto("/templates/")
    expect(page.get_by_role("row").filter(has_text=TEMPLATE)).to_contain_text("shared by acme")
    page.goto("/instances/deploy/")
    choice = page.locator("label.choice").filter(has_text=TEMPLATE)
    expect(choice).to_contain_text("shared by acme")
    choice.get_by_role("radio").check(force=True)
    page.get_by_role("radio", name="Tiny", exact=False).last.check(force=True)
    page.get_by_label("Name").fill("borrowed-1")
    page.get_by_role("button", name="Create instance").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("borrowed-1")
    expect(page.locator("#head .page-lead")).to_contain_text("Running", timeout=2 * PATIENCE_MS)


def take_back(page: Page) -> None:
    page.get_by_role("link", name="Stop sharing with neighbours").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("What they made with it goes on")
    dialog.get_by_role("button", name="Stop sharing").click()
    expect(page.locator("main")).to_contain_text("Nobody. People of other accounts", timeout=PATIENCE_MS)

"""A domain admin takes somebody in, and who is taken in sees what that allows and no more."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PATIENCE_MS, Picture, sign_in
from tests.browser.portal import Portal

pytestmark = [pytest.mark.browser, pytest.mark.lab, pytest.mark.slow, pytest.mark.timeout(420)]

PASSWORD = "correct-horse-battery"
MAY = ["See instances and SSH keys", "See networks"]


def test_a_domain_admin_takes_somebody_in(page: Page, portal: Portal, chromium: Browser, picture: Picture) -> None:
    portal = with_an_admin(portal)
    sign_in(page, portal, "admin")
    create_account(page)
    create_user(page)
    create_role(page, picture)
    grant_it(page)
    ask_why(page, picture)

    see_only_what_it_allows(chromium, portal)


def with_an_admin(portal: Portal) -> Portal:
    """A domain with an admin, made by the operator's script; and the user whom the admin is going to make."""
    home = post(portal, "domains", name="story", parent=first(portal, "domains", name="ROOT"))
    office = post(portal, "accounts", name="office", domain=home)
    admin = post(portal, "users", username="story-admin", password=PASSWORD, account=office)
    post(portal, "grants", user=admin, domain=home, role=first(portal, "roles", code="domain_admin"))
    logins = {
        "admin": {"username": "story-admin", "password": PASSWORD},
        "newcomer": {"username": "newcomer", "password": PASSWORD},
    }
    return replace(portal, facts=portal.facts | logins)


def post(portal: Portal, noun: str, **body: str) -> str:
    answer = httpx.post(f"{portal.url}/api/v1/{noun}/", json=body, headers=portal.api("operator"))
    return str(_json(answer)["id"])


def first(portal: Portal, noun: str, **filters: str) -> str:
    answer = httpx.get(f"{portal.url}/api/v1/{noun}/", params=filters, headers=portal.api("operator"))
    return str(_json(answer)["results"][0]["id"])


def _json(answer: httpx.Response) -> Any:
    assert answer.is_success, answer.text
    return answer.json()


def create_account(page: Page) -> None:
    page.get_by_role("link", name="Domains").first.click()
    page.locator("main").get_by_role("link", name="story", exact=True).click()
    page.get_by_role("link", name="Create account").click()
    page.get_by_label("Name").fill("newcomers")
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("newcomers")


def create_user(page: Page) -> None:
    page.get_by_role("link", name="Create user").click()
    expect(page.get_by_role("combobox", name="Account")).to_contain_text("newcomers (story)")
    page.get_by_label("User name").fill("newcomer")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Create user").click()
    expect(page.locator("main")).to_contain_text("No role yet")


def create_role(page: Page, picture: Picture) -> None:
    page.get_by_role("link", name="Roles").first.click()
    page.get_by_role("link", name="Create role").click()
    page.get_by_label("Name").fill("Onlooker")
    for words in MAY:
        page.get_by_role("checkbox", name=words).check()
    expect(page.get_by_role("checkbox", name="See zones, pods", exact=False)).to_be_disabled()
    picture(page, "role")
    page.get_by_role("button", name="Create role").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Onlooker")


def grant_it(page: Page) -> None:
    page.get_by_role("link", name="Users").first.click()
    page.get_by_role("link", name="newcomer", exact=True).click()
    page.get_by_role("link", name="Grant a role").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Role").select_option(label="Onlooker")
    dialog.get_by_role("button", name="Grant the role").click()
    expect(page.locator("main")).to_contain_text("Onlooker on newcomers", timeout=PATIENCE_MS)


def ask_why(page: Page, picture: Picture) -> None:
    page.get_by_role("link", name="Explain").click()
    page.get_by_label("May they").select_option(label="See networks")
    page.get_by_role("button", name="Explain").click()
    expect(page.get_by_role("region", name="Answer")).to_contain_text("newcomer may, on newcomers")
    expect(page.get_by_role("region", name="Reason 1")).to_contain_text("Onlooker")
    picture(page, "explain")


def see_only_what_it_allows(chromium: Browser, portal: Portal) -> None:
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, base_url=portal.url)
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    sign_in(page, portal, "newcomer")
    menu = page.get_by_role("navigation", name="Main")
    for label in ("Instances", "Networks"):
        expect(menu.get_by_role("link", name=label)).to_be_visible()
    for label in ("Volumes", "Usage", "Domains", "Accounts", "Users", "Roles"):
        expect(menu.get_by_role("link", name=label)).to_have_count(0)
    menu.get_by_role("link", name="Networks").click()
    expect(page.locator("main")).to_contain_text("No networks yet")
    expect(page.get_by_role("link", name="Create network")).to_have_count(0)
    answer = page.goto("/users/")
    assert answer is not None
    assert answer.status == httpx.codes.NOT_FOUND
    context.close()

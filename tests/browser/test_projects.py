"""Somebody is invited by mail into a project of another account, makes something in it, and sees it suspended."""

from __future__ import annotations

import email
import re
import time
from dataclasses import replace
from email import policy
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PATIENCE_MS, Picture, sign_in
from tests.browser.portal import Portal
from tests.browser.test_tenancy import PASSWORD, first, post

pytestmark = [pytest.mark.browser, pytest.mark.lab, pytest.mark.slow, pytest.mark.timeout(420)]

ADDRESS = "guest@example.org"
MAIL_SECONDS = 60


def test_somebody_joins_a_project_by_mail(page: Page, portal: Portal, chromium: Browser, picture: Picture) -> None:
    portal = with_two_accounts(portal)
    sign_in(page, portal, "boss")
    create_project(page)
    invite(page, picture)

    context = chromium.new_context(viewport={"width": 390, "height": 844}, base_url=portal.url)
    context.set_default_timeout(PATIENCE_MS)
    guest = context.new_page()
    sign_in(guest, portal, "guest")
    accept(guest, link_in_the_mail(portal))
    create_a_network(guest)

    suspend(page)
    see_that_nothing_grows(guest)
    context.close()


def with_two_accounts(portal: Portal) -> Portal:
    root = first(portal, "domains", name="ROOT")
    home = post(portal, "domains", name="space", parent=root)
    agency, office = (post(portal, "accounts", name=name, domain=home) for name in ("agency", "contractor"))
    boss = post(portal, "users", username="boss", password=PASSWORD, account=agency)
    guest = post(portal, "users", username="guest", password=PASSWORD, account=office, email=ADDRESS)
    post(portal, "grants", user=boss, account=agency, role=first(portal, "roles", code="account_owner"))
    post(portal, "grants", user=guest, account=office, role=first(portal, "roles", code="member"))
    logins = {name: {"username": name, "password": PASSWORD} for name in ("boss", "guest")}
    return replace(portal, facts=portal.facts | logins)


def create_project(page: Page) -> None:
    page.get_by_role("link", name="Projects").first.click()
    page.get_by_role("link", name="Create project").click()
    page.get_by_label("Name").fill("apollo")
    page.get_by_label("Description").fill("The lander and its ground control")
    page.get_by_role("button", name="Create project").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("apollo")


def invite(page: Page, picture: Picture) -> None:
    page.get_by_role("link", name="Invite").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("E-mail address").fill("Guest@Example.org")
    dialog.get_by_role("button", name="Send the invitation").click()
    expect(page.locator("main")).to_contain_text(ADDRESS)
    picture(page, "project")


def link_in_the_mail(portal: Portal) -> str:
    """The path of the link, once the worker has handed the mail over."""
    end = time.monotonic() + MAIL_SECONDS
    while time.monotonic() < end:
        for file in (portal.state / "mail").glob("*"):
            message = email.message_from_bytes(file.read_bytes(), policy=policy.default)
            text = message.get_content() if not message.is_multipart() else ""
            if ADDRESS in str(message["To"]) and (found := re.search(r"http\S+/invitations/\S+", text)):
                return urlsplit(found[0]).path
        time.sleep(0.5)
    raise AssertionError("No mail came.")


def accept(page: Page, link: str) -> None:
    page.goto("/projects/")
    expect(page.get_by_role("region", name="Invitations to you")).to_contain_text("project apollo of agency")
    page.goto(link)
    page.get_by_role("button", name="Join the project").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("apollo")
    expect(page.locator("main")).to_contain_text("Project member")


def create_a_network(page: Page) -> None:
    page.goto("/networks/new/")
    page.get_by_label("Account or project").select_option(label="apollo (agency)")
    page.get_by_label("Name").fill("of-apollo")
    page.get_by_label("CIDR").fill("10.77.0.0/24")
    page.get_by_role("button", name="Create network").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("of-apollo")
    page.goto("/networks/")
    page.get_by_label("Owner").select_option(label="apollo (agency)")
    expect(page.locator("#results")).to_contain_text("of-apollo")


def suspend(page: Page) -> None:
    page.reload()
    expect(page.locator("main")).to_contain_text("guest")
    page.get_by_role("link", name="Suspend").click()
    page.get_by_role("dialog").get_by_role("button", name="Suspend the project").click()
    expect(page.locator("main")).to_contain_text("Suspended", timeout=PATIENCE_MS)


def see_that_nothing_grows(page: Page) -> None:
    page.goto("/ssh-keys/new/")
    page.get_by_label("Account or project").select_option(label="apollo (agency)")
    page.get_by_label("Name").fill("laptop")
    page.get_by_label("Public key").fill(
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPEqvJ+QCKdFAQCUM3bHqvqZr1eR0jjBYHNVLwTb4f8q laptop"
    )
    page.get_by_role("button", name="Add key").click()
    expect(page.get_by_role("alert")).to_contain_text("Project apollo is suspended")
    page.goto("/projects/")
    expect(page.locator("#results")).to_contain_text("Suspended")

"""Second factors in a real browser, with its own cryptography, under the strict content policy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tenants.actor import SYSTEM
from tenants.services.sign_in_policies import change_sign_in_policy
from tests import factories
from tests.browser.signing import enter, sign_out, virtual_key, window
from tests.browser.test_accessibility import LOOKS, complaints_of_axe
from tests.signin.conftest import code_of

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def url(live_server: Any, settings: Any) -> Iterator[str]:
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    return str(live_server.url)


def secret_on(page: Page) -> str:
    return page.locator("code.mono").inner_text().replace(" ", "")


def add_app(page: Page) -> str:
    page.get_by_role("link", name="Add an app").click()
    secret = secret_on(page)
    expect(page.get_by_role("img", name="Code for the camera")).to_be_visible()
    page.get_by_label("The code that the app shows now").fill(code_of(secret))
    page.get_by_role("button", name="Add the app").click()
    page.get_by_role("heading", name="Recovery codes").wait_for()
    return secret


def test_an_app_is_enrolled_and_used(chromium: Browser, url: str) -> None:
    user = factories.user()
    with window(chromium, url) as page:
        enter(page, user)
        page.goto("/profile/security/")
        secret = add_app(page)
        codes = re.findall(r"\d{10}", page.locator("#recovery-codes").inner_text())
        assert len(codes) == 10
        page.get_by_role("link", name="I have kept them").click()
        sign_out(page)

        enter(page, user)
        page.get_by_label("Code").fill("000000")
        page.get_by_role("button", name="Sign in").click()
        expect(page.locator(".field-error")).to_contain_text("That code is not right")
        page.get_by_label("Code").fill(code_of(secret, 1))
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("heading", name="Hello").wait_for()
        sign_out(page)

        enter(page, user)
        page.get_by_label("Code").fill(codes[0])
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("heading", name="Hello").wait_for()


def test_a_security_key_is_enrolled_and_used(chromium: Browser, url: str) -> None:
    user = factories.user()
    with window(chromium, url) as page:
        virtual_key(page)
        enter(page, user)
        page.goto("/profile/security/keys/add/")
        page.get_by_label("Name of the key").fill("My key")
        page.get_by_role("button", name="Use the key now").click()
        page.get_by_role("heading", name="Recovery codes").wait_for()
        page.goto("/profile/security/")
        expect(page.locator("main")).to_contain_text("My key")
        sign_out(page)

        enter(page, user)
        page.get_by_role("button", name="Use a security key").click()
        page.get_by_role("heading", name="Hello").wait_for()

        page.goto("/profile/security/keys/add/")
        page.get_by_role("button", name="Use the key now").click()
        expect(page.get_by_role("alert")).to_contain_text("registered already")


def test_who_owes_a_factor_is_led_to_one_and_on(chromium: Browser, url: str) -> None:
    user = factories.user()
    change_sign_in_policy(SYSTEM, domain=user.account.domain, mfa_required=True)
    with window(chromium, url) as page:
        enter(page, user)
        page.get_by_role("heading", name="One more step").wait_for()
        page.goto("/instances/")
        page.get_by_role("heading", name="One more step").wait_for()

        add_app(page)
        page.goto("/instances/")

        page.get_by_role("heading", name="Instances").wait_for()


OUTSIDE = ["/sign-in/", "/password/reset/", "/password/reset/sent/", "/password/reset/done/", "/password/reset/1-x-y/"]
INSIDE = [
    "/profile/security/", "/profile/security/app/", "/profile/security/keys/add/", "/profile/security/password/",
    "/profile/sessions/", "/profile/sessions/others/end/",
]  # fmt: skip
WITH_APP = [
    "/profile/security/", "/profile/security/app/remove/", "/profile/security/codes/", "/profile/security/codes/new/",
    "/sign-in/again/", "/sign-in/again/code/",
]  # fmt: skip


@pytest.mark.parametrize(("scheme", "width", "height"), LOOKS, ids=["light-desk", "dark-phone"])
def test_the_pages_are_accessible(chromium: Browser, url: str, scheme: str, width: int, height: int) -> None:
    user, owing = factories.user(), factories.user()
    change_sign_in_policy(SYSTEM, domain=owing.account.domain, mfa_required=True)
    look = {"viewport": {"width": width, "height": height}, "color_scheme": scheme, "bypass_csp": True}
    found: dict[str, list[str]] = {}

    def judge(page: Page, name: str) -> None:
        if problems := complaints_of_axe(page):
            found[name] = problems

    with window(chromium, url, **look) as page:
        for path in OUTSIDE:
            page.goto(path)
            judge(page, path)
        page.goto("/sign-in/")
        page.get_by_role("button", name="Sign in").click()
        judge(page, "/sign-in/ refused")
        enter(page, owing)
        judge(page, "owing")
    admin = factories.user("domain_admin", on=user.account.domain)
    provider = factories.identity_provider(user.account.domain)
    place = user.account.domain.uuid
    with window(chromium, url, **look) as page:
        enter(page, admin)
        for path in (
            "/sign-in-settings/", f"/domains/{place}/sign-in/", f"/domains/{place}/providers/new/",
            f"/domains/{place}/providers/new/?kind=saml", f"/domains/{place}/providers/new/?kind=ldap",
            f"/providers/{provider.uuid}/", f"/providers/{provider.uuid}/delete/",
        ):  # fmt: skip
            page.goto(path)
            judge(page, path)
    with window(chromium, url, **look) as page:
        for path in (f"/sign-in/at/{place}/", "/sign-in/find/"):
            page.goto(path)
            judge(page, path)
        enter(page, user)
        for path in INSIDE:
            page.goto(path)
            judge(page, path)
        page.goto("/profile/security/")
        add_app(page)
        for path in WITH_APP:
            page.goto(path)
            judge(page, f"{path} with an app")
        page.context.clear_cookies()
        enter(page, user)
        judge(page, "second factor")

    assert found == {}

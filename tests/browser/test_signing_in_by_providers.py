"""Providers in a real browser: cookies that stay at home when another site sends one here, and the content policy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tenants.actor import SYSTEM
from tenants.models import User
from tenants.services.identity_providers import create_identity_provider
from tests import factories
from tests.browser.signing import enter, window
from tests.browser.test_accessibility import LOOKS, complaints_of_axe
from tests.signin.saml_idp import real
from tests.signin.slapd import BASE, PERSON_PASSWORD, READER, READER_PASSWORD, directory

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def url(live_server: Any, settings: Any) -> Iterator[str]:
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.IDENTITY_INTERNAL_NETWORKS = ["127.0.0.0/8", "::1/128"]
    return str(live_server.url)


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "without scripts"])
def test_saml_brings_somebody_in_from_another_site(chromium: Browser, url: str, tmp_path: Path, scripts: bool) -> None:
    """The provider is at 127.0.0.1 and the portal at localhost, which to the browser are two sites."""
    assert "localhost" in url
    home = factories.account("acme")
    with real(tmp_path, {"alice": {"uid": ["alice"]}}) as idp:
        provider = create_identity_provider(
            SYSTEM, domain=home.domain, kind="saml", name="Acme ID", issuer=idp.entity_id, sso_url=idp.sso_url,
            certificates=idp.certificate, account=home,
        )  # fmt: skip
        idp.metadata = httpx.get(f"{url}/sign-in/with/{provider.uuid}/saml/metadata/", timeout=20).text
        with window(chromium, url, java_script_enabled=scripts) as page:
            page.goto(f"/sign-in/at/{home.domain.uuid}/?next=/profile/")
            page.get_by_role("button", name="Sign in with Acme ID").click()
            if not scripts:
                page.locator("input[type=submit], button[type=submit]").first.click()
                page.get_by_role("button", name="Go on").click()

            page.wait_for_url("**/profile/")

    assert User.objects.get(username="alice").account == home


@pytest.mark.parametrize(("scheme", "width", "height"), LOOKS, ids=["light-desk", "dark-phone"])
def test_a_directory_is_tried_and_signs_somebody_in(
    chromium: Browser, url: str, tmp_path: Path, scheme: str, width: int, height: int
) -> None:
    home = factories.account("acme")
    admin = factories.user("domain_admin", on=home.domain)
    look = {"viewport": {"width": width, "height": height}, "color_scheme": scheme, "bypass_csp": True}
    with directory(tmp_path) as slapd:
        slapd.person("alice")
        provider = create_identity_provider(
            SYSTEM, domain=home.domain, kind="ldap", name="Acme directory", servers=[slapd.ldaps], account=home,
            certificates=slapd.certificate, bind_dn=READER, bind_password=READER_PASSWORD,
            user_base=f"ou=people,{BASE}", user_filter="(uid={name})",
        )  # fmt: skip
        with window(chromium, url, **look) as page:
            enter(page, admin)
            page.goto(f"/providers/{provider.uuid}/")
            assert complaints_of_axe(page) == []
            page.get_by_role("link", name="Try it").click()
            page.get_by_label("Look for a user").fill("alice")
            page.get_by_role("button", name="Try it").click()
            expect(page.get_by_role("list", name="Steps")).to_contain_text("Found uid=alice")
            assert complaints_of_axe(page) == []
        with window(chromium, url, **look) as page:
            page.goto(f"/sign-in/at/{home.domain.uuid}/?next=/profile/")
            assert complaints_of_axe(page) == []
            page.get_by_label("User name or e-mail").fill("alice")
            page.get_by_label("Password", exact=True).fill(PERSON_PASSWORD)
            page.get_by_role("button", name="Sign in").click()

            page.wait_for_url("**/profile/")

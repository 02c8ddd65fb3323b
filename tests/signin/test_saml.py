"""Signing in by SAML: the whole way with a real provider."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client

from cloudportal.core.models import Event
from tenants.actor import SYSTEM, actor_of
from tenants.models import Account, IdentityProvider, User
from tenants.services.identity_providers import create_identity_provider
from tests.signin.certificates import certify
from tests.signin.conftest import FIREFOX, HOME, Browser, actions, person, with_app, words
from tests.signin.saml_idp import Idp, real
from tests.signin.through import left_for, said

pytestmark = pytest.mark.usefixtures("loopback")

PEOPLE = {
    "alice": {
        "uid": ["alice"], "mail": ["Alice@acme.example"], "givenName": ["Alice"], "sn": ["Adams"],
        "eduPersonAffiliation": ["staff", "cloud-admins"],
    },
    "bob": {"uid": ["bob"], "mail": ["bob@acme.example"]},
}  # fmt: skip
MAPPING = [{"group": "staff", "role": "member", "on": "account"}]


@pytest.fixture
def idp(tmp_path: Path) -> Iterator[Idp]:
    with real(tmp_path, PEOPLE) as running:
        yield running


def trust(idp: Idp, home: Account, **more: Any) -> IdentityProvider:
    values = {
        "kind": "saml", "name": "Acme ID", "issuer": idp.entity_id, "sso_url": idp.sso_url,
        "certificates": idp.certificate, "attributes": {"groups": "eduPersonAffiliation"}, "account": home,
    }  # fmt: skip
    provider = create_identity_provider(SYSTEM, domain=home.domain, **(values | more))
    page = Browser().get(f"/sign-in/with/{provider.uuid}/saml/metadata/")
    assert page["Content-Type"] == "application/samlmetadata+xml"
    idp.metadata = words(page)
    return provider


def leave(browser: Browser, provider: IdentityProvider, **data: str) -> str:
    return left_for(browser.post(f"/sign-in/with/{provider.uuid}/saml/", data))


def through(browser: Browser, idp: Idp, provider: IdentityProvider, name: str = "alice", **data: str) -> Any:
    back, fields = idp.answer(leave(browser, provider, **data), name)
    return browser.post(urlsplit(back).path, fields)


def test_somebody_new_joins_the_account_with_mapped_roles(idp: Idp, account: Account) -> None:
    provider = trust(idp, account, role_mapping=MAPPING)
    browser = Browser()

    answer = through(browser, idp, provider, next="/instances/")

    assert answer["Location"] == "/instances/"
    assert browser.is_in
    alice = User.objects.get(username="alice")
    assert (alice.account, alice.first_name, alice.last_name, alice.email) == (account, "Alice", "Adams", "")
    assert actor_of(alice).may("compute.manage", account)
    assert [name for name in actions(alice) if name != "tenants.grant_role"] == [
        "tenants.create_user",
        "tenants.link_identity",
        "tenants.sign_in",
    ]


def test_who_came_before_is_the_same_user(idp: Idp, account: Account) -> None:
    provider = trust(idp, account)
    through(Browser(), idp, provider)

    through(Browser(), idp, provider)

    assert User.objects.filter(account=account).count() == 1


def test_an_existing_user_is_found_by_an_address_that_counts_as_checked(idp: Idp, account: Account) -> None:
    alice = person(of=account, email="alice@acme.example")
    browser = Browser()

    through(browser, idp, trust(idp, account, account=None, trusts_emails=True))

    assert browser.client.session["_auth_user_id"] == str(alice.pk)


def test_other_addresses_find_nobody(idp: Idp, account: Account) -> None:
    person(of=account, email="alice@acme.example")
    browser = Browser()

    assert "Nobody here has your address" in said(browser, through(browser, idp, trust(idp, account, account=None)))


def test_an_attribute_can_be_the_id(idp: Idp, account: Account) -> None:
    provider = trust(idp, account, attributes={"id": "mail"})

    through(Browser(), idp, provider, "bob")

    assert User.objects.get(username="bob").socialaccount_set.get().uid == "bob@acme.example"


def test_a_browser_that_comes_from_another_site_is_sent_here_once_more(idp: Idp, account: Account) -> None:
    """Its cookies stay at home the first time, and must not be replaced."""
    browser = Browser()
    back, fields = idp.answer(leave(browser, trust(idp, account)), "alice")
    bare = Client(REMOTE_ADDR=HOME, headers={"user-agent": FIREFOX})

    page = bare.post(urlsplit(back).path, fields)

    assert page.status_code == 200
    assert not page.cookies
    assert fields["SAMLResponse"] in words(page)
    assert f'action="{urlsplit(back).path}"' in words(page)
    browser.post(urlsplit(back).path, {"SAMLResponse": fields["SAMLResponse"], "again": "1"})
    assert browser.is_in


def test_a_second_factor_is_asked_for_here_too(idp: Idp, account: Account) -> None:
    with_app(person(of=account, email="alice@acme.example"))
    browser = Browser()

    answer = through(browser, idp, trust(idp, account, trusts_emails=True))

    assert answer["Location"] == "/sign-in/second-factor/"
    assert not browser.is_in


def test_certificates_follow_one_another(idp: Idp, account: Account, tmp_path: Path) -> None:
    (tmp_path / "next").mkdir()
    following = certify(tmp_path / "next", ("127.0.0.1",))
    browser = Browser()

    through(browser, idp, trust(idp, account, certificates=f"{following}\n{idp.certificate}"))

    assert browser.is_in


def test_another_key_than_the_known_one_is_refused(idp: Idp, account: Account, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = certify(tmp_path / "other", ("127.0.0.1",))
    browser = Browser()

    assert "did not sign you in" in said(browser, through(browser, idp, trust(idp, account, certificates=other)))

    assert not User.objects.filter(account=account).exists()
    assert Event.objects.filter(action="tenants.sign_in_failed").count() == 1


@pytest.mark.parametrize("next_url", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_afterwards_it_goes_on_in_the_portal_alone(idp: Idp, account: Account, next_url: str) -> None:
    browser = Browser()
    back, fields = idp.answer(leave(browser, trust(idp, account), next=next_url), "alice")

    answer = browser.post(urlsplit(back).path, fields | {"RelayState": next_url})

    assert browser.is_in
    assert answer["Location"] == "/"


def test_a_provider_that_is_switched_off_signs_nobody_in(idp: Idp, account: Account) -> None:
    provider = trust(idp, account)
    browser = Browser()
    back, fields = idp.answer(leave(browser, provider), "alice")
    IdentityProvider.objects.update(is_enabled=False)

    assert browser.post(urlsplit(back).path, fields).status_code == 404
    assert browser.post(f"/sign-in/with/{provider.uuid}/saml/").status_code == 404
    assert browser.get(f"/sign-in/with/{provider.uuid}/saml/metadata/").status_code == 404


def test_kinds_do_not_answer_for_one_another(idp: Idp, account: Account) -> None:
    provider = trust(idp, account)

    assert Browser().post(f"/sign-in/with/{provider.uuid}/").status_code == 404
    assert Browser().get(f"/sign-in/with/{provider.uuid}/back/?code=x&state=y").status_code == 404

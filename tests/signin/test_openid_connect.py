"""Signing in by OpenID Connect: the whole way with a real provider."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.socialaccount.models import SocialAccount

from cloudportal.core.models import Event
from tenants.actor import SYSTEM, actor_of
from tenants.models import Account, User
from tenants.services.accounts import create_account
from tenants.services.domains import create_domain
from tenants.services.grants import grant_role
from tests import factories
from tests.signin.conftest import Browser, actions, person, with_app, words
from tests.signin.providers import UUIDS, Liar, Make, certified, sign_in_there
from tests.signin.through import come_back, leave, lie, said, through

pytestmark = pytest.mark.usefixtures("loopback")

PEOPLE = {
    "alice": {
        "email": "alice@acme.example", "email_verified": True, "preferred_username": "alice", "given_name": "Alice",
        "family_name": "Adams", "groups": ["staff", "cloud-admins"],
    },
    "bob": {"email": "bob@acme.example", "email_verified": False, "preferred_username": "bob", "groups": "staff"},
}  # fmt: skip


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    back = [f"http://testserver/sign-in/with/{uuid}/back/" for uuid in UUIDS]
    with certified(back, PEOPLE) as address:
        yield address


def test_somebody_new_joins_the_account_with_mapped_roles(issuer: str, account: Account, make: Make) -> None:
    mapping = [
        {"group": "cloud-admins", "role": "member", "on": "account"},
        {"group": "nobody", "role": "domain_admin", "on": "domain"},
    ]
    provider = make(issuer, account=account, role_mapping=mapping)
    browser = Browser()

    answer = through(browser, provider, "alice", next="/instances/")

    assert answer["Location"] == "/instances/"
    assert browser.is_in
    alice = User.objects.get(username="alice")
    assert (alice.account, alice.email, alice.first_name) == (account, "alice@acme.example", "Alice")
    assert not alice.has_usable_password()
    actor = actor_of(alice)
    assert actor.may("compute.manage", account)
    assert not actor.may("tenancy.manage", account)
    assert [name for name in actions(alice) if name != "tenants.grant_role"] == [
        "tenants.create_user",
        "tenants.link_identity",
        "tenants.sign_in",
    ]
    assert Event.objects.get(action="tenants.sign_in").details["how"] == "socialaccount"


def test_who_came_before_is_the_same_user_and_gets_no_role_twice(issuer: str, account: Account, make: Make) -> None:
    mapping = [{"group": "staff", "role": "member", "on": "account"}]
    provider = make(issuer, account=account, role_mapping=mapping)
    through(Browser(), provider, "alice")

    through(Browser(), provider, "alice")

    assert User.objects.filter(account=account).count() == 1
    assert Event.objects.filter(action="tenants.grant_role").count() == 1
    assert SocialAccount.objects.get().uid == "alice"


def test_an_existing_user_is_found_by_a_checked_address(issuer: str, account: Account, make: Make) -> None:
    provider = make(issuer)
    alice = person(of=account, email="Alice@Acme.example")
    browser = Browser()

    through(browser, provider, "alice")

    assert browser.client.session["_auth_user_id"] == str(alice.pk)


def test_an_address_that_the_provider_has_not_checked_finds_nobody(issuer: str, account: Account, make: Make) -> None:
    provider = make(issuer)
    person(of=account, email="bob@acme.example")
    browser = Browser()

    assert "Nobody here has your address" in said(browser, through(browser, provider, "bob"))


def test_without_an_account_nobody_new_is_let_in(issuer: str, make: Make) -> None:
    provider = make(issuer)
    browser = Browser()

    assert "Nobody here has your address" in said(browser, through(browser, provider, "alice"))
    assert not User.objects.filter(email="alice@acme.example").exists()


def test_a_provider_never_signs_in_users_of_another_domain(issuer: str, account: Account, make: Make) -> None:
    victim = person(email="alice@acme.example")
    assert victim.account.domain != account.domain
    provider = make(issuer, account=account)
    browser = Browser()

    through(browser, provider, "alice")

    assert browser.client.session["_auth_user_id"] != str(victim.pk)
    assert User.objects.get(pk=browser.client.session["_auth_user_id"]).account == account


def test_a_user_who_moved_to_another_domain_is_not_signed_in_any_more(
    issuer: str, account: Account, make: Make
) -> None:
    provider = make(issuer, account=account)
    through(Browser(), provider, "alice")
    User.objects.filter(username="alice").update(account=factories.account())
    browser = Browser()

    assert "not a user of the domain" in said(browser, through(browser, provider, "alice"))


@pytest.mark.parametrize("role", ["root_admin", "reader"])
def test_who_may_do_more_than_the_domain_can_give_is_not_signed_in(
    issuer: str, account: Account, make: Make, role: str
) -> None:
    provider = make(issuer)
    operator = person(of=account, email="alice@acme.example")
    grant_role(SYSTEM, user=operator, role=role, on=factories.root())
    browser = Browser()

    assert "outside of the provider" in said(browser, through(browser, provider, "alice"))


def test_a_provider_of_a_domain_serves_those_below_it(issuer: str, account: Account, make: Make) -> None:
    below = create_account(SYSTEM, domain=create_domain(SYSTEM, name="eu", parent=account.domain), name="eu")
    alice = person(of=below, email="alice@acme.example")
    provider = make(issuer)
    browser = Browser()

    through(browser, provider, "alice")

    assert browser.client.session["_auth_user_id"] == str(alice.pk)


def test_a_second_factor_is_asked_for_here_too(issuer: str, account: Account, make: Make) -> None:
    with_app(person(of=account, email="alice@acme.example"))
    browser = Browser()

    answer = through(browser, make(issuer), "alice")

    assert answer["Location"] == "/sign-in/second-factor/"
    assert not browser.is_in


def test_who_is_disabled_is_not_signed_in(issuer: str, account: Account, make: Make) -> None:
    alice = person(of=account, email="alice@acme.example")
    User.objects.filter(pk=alice.pk).update(is_active=False)
    browser = Browser()

    assert "sign in at present" in said(browser, through(browser, make(issuer), "alice"))


def test_names_that_are_taken_get_a_number(issuer: str, account: Account, make: Make) -> None:
    taken = person()
    User.objects.filter(pk=taken.pk).update(username="alice")

    through(Browser(), make(issuer, account=account), "alice")

    assert User.objects.filter(account=account).get().username == "alice-2"


def test_what_is_asked_for_has_pkce_state_and_nonce(issuer: str, make: Make) -> None:
    asked = parse_qs(urlsplit(leave(Browser(), make(issuer))).query)

    assert asked["code_challenge_method"] == ["S256"]
    assert all(len(asked[name][0]) >= 16 for name in ("state", "nonce", "code_challenge"))
    assert asked["redirect_uri"] == [f"http://testserver/sign-in/with/{UUIDS[0]}/back/"]


def test_a_link_adds_nothing_to_what_is_asked_for(issuer: str, make: Make) -> None:
    provider = make(issuer)
    hostile = "?auth_params=redirect_uri%3Dhttp%3A%2F%2Fevil.example%26nonce%3Dx&scope=admin&process=connect"

    page = words(Browser().post(f"/sign-in/with/{provider.uuid}/{hostile}"))

    assert "evil.example" not in page
    assert "admin" not in parse_qs(urlsplit(unescape(page)).query).get("scope", [""])[0]


def test_a_link_alone_starts_nothing(issuer: str, make: Make) -> None:
    assert Browser().get(f"/sign-in/with/{make(issuer).uuid}/").status_code == 405


def test_an_answer_to_another_browser_is_refused(issuer: str, account: Account, make: Make) -> None:
    provider = make(issuer, account=account)
    back = sign_in_there(leave(Browser(), provider), "alice")
    victim = Browser()

    said(victim, come_back(victim, back))


def test_an_answer_with_another_state_is_refused(issuer: str, account: Account, make: Make) -> None:
    browser = Browser()
    back = sign_in_there(leave(browser, make(issuer, account=account)), "alice")

    said(browser, come_back(browser, re.sub(r"state=\w", "state=_", back)))


def test_an_answer_is_taken_once(issuer: str, account: Account, make: Make) -> None:
    browser = Browser()
    back = sign_in_there(leave(browser, make(issuer, account=account)), "alice")
    come_back(browser, back)
    browser.post("/sign-out/")

    said(browser, come_back(browser, back))


def test_an_answer_that_names_another_issuer_is_refused(issuer: str, account: Account, make: Make) -> None:
    browser = Browser()
    back = sign_in_there(leave(browser, make(issuer, account=account)), "alice")

    said(browser, come_back(browser, re.sub(r"iss=[^&]+", "iss=https%3A%2F%2Fevil.example", back)))


def test_an_answer_to_one_provider_is_not_taken_by_another(issuer: str, account: Account, make: Make) -> None:
    first, second = make(issuer, account=account), make(issuer, 1, account=account)
    browser = Browser()
    back = sign_in_there(leave(browser, first), "alice")

    said(browser, come_back(browser, back.replace(str(first.uuid), str(second.uuid))))


def test_who_changes_their_mind_is_led_back(issuer: str, make: Make) -> None:
    provider = make(issuer)
    browser = Browser()
    state = parse_qs(urlsplit(leave(browser, provider)).query)["state"][0]

    answer = browser.get(f"/sign-in/with/{provider.uuid}/back/?error=access_denied&state={state}")

    assert "did not sign you in" in said(browser, answer)


def test_a_role_goes_when_the_group_is_gone(liar: Liar, account: Account, make: Make) -> None:
    provider = make(liar.issuer, account=account, role_mapping=[{"group": "staff", "role": "member", "on": "account"}])
    liar.claims = {"groups": ["staff"], "preferred_username": "alice"}
    lie(Browser(), liar, provider)
    alice = User.objects.get(username="alice")
    assert actor_of(alice).may("compute.manage", account)

    liar.claims = {"groups": ["guests"]}
    lie(Browser(), liar, provider)

    assert not actor_of(alice).may("compute.manage", account)

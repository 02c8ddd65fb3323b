"""Signing in by a provider: the whole way with a real one, and every lie of another."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from allauth.socialaccount.models import SocialAccount
from cryptography.hazmat.primitives.asymmetric import rsa

from cloudportal.core.errors import InvalidInput, NotFound, PermissionDenied
from cloudportal.core.models import Event
from tenants.actor import SYSTEM, Actor, actor_of
from tenants.models import Account, Domain, IdentityProvider, User
from tenants.services.accounts import create_account
from tenants.services.domains import create_domain
from tenants.services.grants import grant_role
from tenants.services.identity_providers import (
    create_identity_provider,
    delete_identity_provider,
    update_identity_provider,
)
from tenants.services.roles import create_role
from tenants.services.sign_in_policies import change_sign_in_policy
from tests import factories
from tests.signin.conftest import Browser, actions, person, with_app, words
from tests.signin.providers import CLIENT_ID, SECRET, Liar, certified, lying, sign_in_there

UUIDS = [UUID(int=number, version=4) for number in (1, 2)]
PEOPLE = {
    "alice": {
        "email": "alice@acme.example", "email_verified": True, "preferred_username": "alice", "given_name": "Alice",
        "family_name": "Adams", "groups": ["staff", "cloud-admins"],
    },
    "bob": {"email": "bob@acme.example", "email_verified": False, "preferred_username": "bob", "groups": "staff"},
}  # fmt: skip
LOOPBACK = ["127.0.0.0/8", "::1/128"]
Make = Callable[..., IdentityProvider]


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    back = [f"http://testserver/sign-in/with/{uuid}/back/" for uuid in UUIDS]
    with certified(back, PEOPLE) as address:
        yield address


@pytest.fixture
def liar() -> Iterator[Liar]:
    with lying() as provider:
        yield provider


@pytest.fixture(autouse=True)
def _loopback(settings: Any) -> None:
    settings.IDENTITY_INTERNAL_NETWORKS = LOOPBACK


@pytest.fixture
def account(db: None) -> Account:
    return factories.account("acme")


@pytest.fixture
def make(account: Account) -> Make:
    """Trust a provider, under an id that it knows."""

    def trust(issuer: str, number: int = 0, domain: Domain | None = None, **more: Any) -> IdentityProvider:
        values = {"name": f"Acme {number}", "issuer": issuer, "client_id": CLIENT_ID, "client_secret": SECRET} | more
        provider = create_identity_provider(SYSTEM, domain=domain or account.domain, **values)
        IdentityProvider.objects.filter(pk=provider.pk).update(uuid=UUIDS[number])
        return IdentityProvider.objects.get(pk=provider.pk)

    return trust


def leave(browser: Browser, provider: IdentityProvider, **data: str) -> str:
    """Press the button; the provider's address that the page leads to."""
    page = browser.post(f"/sign-in/with/{provider.uuid}/", data)
    found = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', words(page))
    assert found, (page.status_code, words(page)[:2000])
    return unescape(found[1])


def come_back(browser: Browser, location: str) -> Any:
    parts = urlsplit(location)
    return browser.get(f"{parts.path}?{parts.query}")


def through(browser: Browser, provider: IdentityProvider, name: str, **data: str) -> Any:
    return come_back(browser, sign_in_there(leave(browser, provider, **data), name))


def said(browser: Browser, answer: Any) -> str:
    """The words that a failed sign-in leads to."""
    assert answer.status_code == 302
    assert not browser.is_in
    return words(browser.get(answer["Location"]))


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


# The lies


def lie(browser: Browser, liar: Liar, provider: IdentityProvider) -> Any:
    asked = parse_qs(urlsplit(leave(browser, provider)).query)
    liar.nonce = asked["nonce"][0]
    return browser.get(f"/sign-in/with/{provider.uuid}/back/?code=c&state={asked['state'][0]}")


def test_the_liar_is_believed_while_it_tells_the_truth(liar: Liar, account: Account, make: Make) -> None:
    """The control: the refusals below are not for another reason."""
    browser = Browser()

    lie(browser, liar, make(liar.issuer, account=account))

    assert browser.is_in
    assert "code_verifier" in liar.token_request


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.example"},
        {"iss": None},
        {"aud": "another-client"},
        {"aud": [CLIENT_ID, "another-client"]},
        {"aud": [CLIENT_ID, "another-client"], "azp": "another-client"},
        {"nonce": "another"},
        {"nonce": None},
        {"exp": 1_000_000_000},
        {"exp": None},
        {"iat": None},
        {"sub": None},
        {"sub": ""},
        {"sub": "x" * 300},
    ],
    ids=str,
)
def test_a_token_with_a_wrong_claim_is_refused(
    liar: Liar, account: Account, make: Make, claims: dict[str, Any]
) -> None:
    liar.claims = claims
    browser = Browser()

    said(browser, lie(browser, liar, make(liar.issuer, account=account)))

    assert not User.objects.filter(account=account).exists()
    assert Event.objects.filter(action="tenants.sign_in_failed", account_id=account.pk).count() == 1


@pytest.mark.parametrize("algorithm", ["HS256", "none", "RS256"])
def test_a_token_with_a_wrong_signature_is_refused(liar: Liar, account: Account, make: Make, algorithm: str) -> None:
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    liar.key = {"HS256": SECRET, "none": None, "RS256": other}[algorithm]
    liar.algorithm = algorithm
    browser = Browser()

    said(browser, lie(browser, liar, make(liar.issuer, account=account)))


def test_a_document_of_another_issuer_is_refused(liar: Liar, account: Account, make: Make) -> None:
    provider = make(liar.issuer, account=account)
    liar.document = {"issuer": "https://evil.example"}
    browser = Browser()

    said(browser, browser.post(f"/sign-in/with/{provider.uuid}/"))


def test_data_about_somebody_else_are_refused(liar: Liar, account: Account, make: Make) -> None:
    liar.info = {"sub": "mallory", "email": "admin@acme.example"}
    browser = Browser()

    said(browser, lie(browser, liar, make(liar.issuer, account=account)))


@pytest.mark.parametrize("place", ["issuer", "token_endpoint", "jwks_uri", "userinfo_endpoint"])
def test_no_part_leads_into_our_own_networks(
    liar: Liar, account: Account, make: Make, settings: Any, place: str
) -> None:
    """The decoy stands for an internal service; only the liar's own address is allowed."""
    provider = make(liar.issuer, account=account)
    with lying() as decoy:
        liar.document = {} if place == "issuer" else {place: f"{decoy.issuer.replace('127.0.0.1', '127.0.0.2')}/x"}
        settings.IDENTITY_INTERNAL_NETWORKS = [] if place == "issuer" else ["127.0.0.1/32"]
        browser = Browser()

        if place == "issuer":
            said(browser, browser.post(f"/sign-in/with/{provider.uuid}/"))
            assert liar.asked == []
        else:
            said(browser, lie(browser, liar, provider))
        assert decoy.asked == []


def test_redirections_are_not_followed(liar: Liar, make: Make) -> None:
    provider = make(liar.issuer)
    with lying() as decoy:
        liar.redirect_to = f"{decoy.issuer}/.well-known/openid-configuration"
        browser = Browser()

        said(browser, browser.post(f"/sign-in/with/{provider.uuid}/"))

        assert decoy.asked == []


def test_a_provider_that_is_gone_is_said_so(make: Make) -> None:
    provider = make("http://127.0.0.1:9")
    browser = Browser()

    assert "did not sign you in" in said(browser, browser.post(f"/sign-in/with/{provider.uuid}/"))


# Keeping them


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1/", "http://[::1]/", "https://10.0.0.1", "https://169.254.169.254", "https://[::ffff:10.0.0.1]",
        "http://192.0.2.1", "ftp://example.org", "https://user@example.org", "https://no-such-host.invalid", "nonsense",
        "https://1.1.1.1?x=1", "https://1.1.1.1#x", "https://[", "",
    ],
)  # fmt: skip
def test_a_wrong_issuer_is_refused_at_the_field(account: Account, settings: Any, address: str) -> None:
    settings.IDENTITY_INTERNAL_NETWORKS = []

    with pytest.raises(InvalidInput) as refused:
        create_identity_provider(SYSTEM, domain=account.domain, name="x", issuer=address, client_id="x")

    assert "issuer" in refused.value.errors


def test_who_manages_the_domain_keeps_its_providers(account: Account, make: Make) -> None:
    provider = make("http://127.0.0.1:9")
    admin = actor_of(factories.user("domain_admin", on=account.domain))

    update_identity_provider(admin, provider=provider, name="Renamed", client_secret="")

    assert IdentityProvider.objects.get().client_secret == SECRET
    delete_identity_provider(admin, provider=provider)
    assert [name for name in actions() if "identity_provider" in name] == [
        "tenants.create_identity_provider",
        "tenants.update_identity_provider",
        "tenants.delete_identity_provider",
    ]
    assert SECRET not in str(list(Event.objects.values_list("details", flat=True)))


def test_nobody_else_does(account: Account, make: Make, other_tenant: Actor) -> None:
    provider = make("http://127.0.0.1:9")
    sibling = actor_of(factories.user("domain_admin"))

    for actor in (other_tenant, sibling, actor_of(factories.user(of=account))):
        with pytest.raises((NotFound, PermissionDenied)):
            update_identity_provider(actor, provider=provider, name="Mine")
        with pytest.raises((NotFound, PermissionDenied)):
            delete_identity_provider(actor, provider=provider)


def test_nobody_gives_away_by_mapping_what_they_have_not(account: Account) -> None:
    admin = actor_of(factories.user("domain_admin", on=account.domain))

    def mapped(role: str, by: Actor) -> None:
        create_identity_provider(
            by, domain=account.domain, name=role, issuer="http://127.0.0.1:9", client_id="x",
            role_mapping=[{"group": "x", "role": role, "on": "domain"}],
        )  # fmt: skip

    with pytest.raises(InvalidInput, match="no role “root_admin”"):
        mapped("root_admin", SYSTEM)
    role = create_role(SYSTEM, domain=account.domain, name="names", permissions=["tenancy.view", "tenancy.manage"])
    clerk = factories.user("reader", on=account)
    grant_role(SYSTEM, user=clerk, role=role, on=account.domain)
    with pytest.raises(PermissionDenied):
        mapped("member", actor_of(clerk))
    mapped("member", admin)


def test_new_users_join_an_account_of_the_domain_alone(account: Account) -> None:
    with pytest.raises(InvalidInput) as refused:
        create_identity_provider(
            SYSTEM, domain=account.domain, name="x", issuer="http://127.0.0.1:9", client_id="x",
            account=factories.account(),
        )  # fmt: skip

    assert "account" in refused.value.errors


def test_promises_about_addresses_are_the_operators(account: Account, make: Make) -> None:
    admin = actor_of(factories.user("domain_admin", on=account.domain))

    with pytest.raises(PermissionDenied):
        update_identity_provider(admin, provider=make("http://127.0.0.1:9"), email_domains=["acme.example"])


def test_another_issuer_knows_nobody(liar: Liar, account: Account, make: Make) -> None:
    provider = make(liar.issuer, account=account)
    lie(Browser(), liar, provider)
    assert SocialAccount.objects.exists()

    update_identity_provider(SYSTEM, provider=provider, issuer="http://127.0.0.1:9")

    assert not SocialAccount.objects.exists()


# Finding them


def test_a_domains_own_address_offers_its_providers(account: Account, make: Make) -> None:
    make("http://127.0.0.1:9", name="Acme ID")
    change_sign_in_policy(SYSTEM, domain=account.domain, alias="acme")
    below = create_domain(SYSTEM, name="eu", parent=account.domain)

    for place in ("acme", account.domain.uuid, below.uuid):
        assert "Sign in with Acme ID" in words(Browser().get(f"/sign-in/at/{place}/"))
    for path in ("/sign-in/", "/sign-in/find/", f"/sign-in/at/{factories.account().domain.uuid}/", "/sign-in/at/x/"):
        assert "Acme ID" not in words(Browser().get(path)), path


def test_a_domain_that_is_not_there_looks_like_one_without_providers(account: Account) -> None:
    there, missing = Browser().get(f"/sign-in/at/{account.domain.uuid}/"), Browser().get("/sign-in/at/nowhere/")

    plain = re.compile(r'(nonce="[^"]*"|value="[^"]*"|action="[^"]*")')
    assert plain.sub("", words(there)) == plain.sub("", words(missing))


def test_a_provider_that_is_switched_off_is_not_offered_and_signs_nobody_in(account: Account, make: Make) -> None:
    provider = make("http://127.0.0.1:9", is_enabled=False)

    assert "Acme 0" not in words(Browser().get(f"/sign-in/at/{account.domain.uuid}/"))
    assert Browser().post(f"/sign-in/with/{provider.uuid}/").status_code == 404
    assert Browser().get(f"/sign-in/with/{provider.uuid}/back/").status_code == 404


def test_an_address_leads_to_its_organisation(account: Account, make: Make) -> None:
    make("http://127.0.0.1:9", email_domains=["acme.example"])
    person(email="someone@elsewhere.example")

    known = Browser().post("/sign-in/find/", {"place": "Whoever@ACME.example"})
    unknown = Browser().post("/sign-in/find/", {"place": "someone@elsewhere.example"})

    assert known["Location"] == f"/sign-in/at/{account.domain.uuid}/"
    assert unknown.status_code == 422
    assert "No provider is known" in words(unknown)


# By the API


def test_a_provider_is_kept_by_the_api(account: Account) -> None:
    client = Browser().client
    client.force_login(factories.user("domain_admin", on=account.domain))
    body = {
        "domain": str(account.domain.uuid), "name": "Acme ID", "issuer": "http://127.0.0.1:9", "client_id": "portal",
        "client_secret": "very-secret", "account": str(account.uuid),
        "role_mapping": [{"group": "staff", "role": "member", "on": "account"}],
    }  # fmt: skip

    made = client.post("/api/v1/identity-providers/", body, content_type="application/json")

    assert made.status_code == 201, made.content
    assert "very-secret" not in words(made)
    address = f"/api/v1/identity-providers/{made.json()['id']}/"
    changed = client.patch(address, {"is_enabled": False, "account": None}, content_type="application/json").json()
    assert (changed["is_enabled"], changed["account"], changed["role_mapping"]) == (False, None, body["role_mapping"])
    assert client.get(f"/api/v1/identity-providers/?domain={account.domain.uuid}").json()["results"][0] == changed
    assert client.delete(address).status_code == 204
    assert client.get(address).status_code == 404


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("issuer", "ftp://x"),
        ("role_mapping", [{"group": "a", "role": "emperor", "on": "account"}]),
        ("role_mapping", [{"group": "a"}]),
        ("role_mapping", "x"),
        ("account", "00000000-0000-4000-8000-000000000000"),
        ("email_domains", [1] * 99),
        ("name", "x" * 65),
    ],
)
def test_what_is_wrong_is_said_at_the_field(account: Account, field: str, value: Any) -> None:
    client = Browser().client
    client.force_login(factories.user("domain_admin", on=account.domain))
    body = {"domain": str(account.domain.uuid), "name": "x", "issuer": "http://127.0.0.1:9", "client_id": "x"}

    answer = client.post("/api/v1/identity-providers/", body | {field: value}, content_type="application/json")

    assert answer.status_code == 400
    assert field in str(answer.json()["errors"])
    assert not IdentityProvider.objects.exists()

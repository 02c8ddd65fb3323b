"""Keeping providers of identities, and finding them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount

from cloudportal.core.errors import InvalidInput, NotFound, PermissionDenied
from cloudportal.core.models import Event
from tenants.actor import SYSTEM, Actor, actor_of
from tenants.models import Account, IdentityProvider
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
from tests.signin.conftest import Browser, actions, person, words
from tests.signin.providers import SECRET, Liar, Make
from tests.signin.through import lie

pytestmark = pytest.mark.usefixtures("loopback")


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

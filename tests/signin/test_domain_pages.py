"""The pages where a domain's administrators say how its users sign in."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tenants.actor import SYSTEM
from tenants.models import Account, IdentityProvider
from tenants.services.domains import create_domain
from tests import factories
from tests.signin.conftest import Browser, words


@pytest.fixture
def admin(account: Account) -> Client:
    client = Browser().client
    client.force_login(factories.user("domain_admin", on=account.domain))
    return client


@pytest.fixture(autouse=True)
def _loopback(settings: Any) -> None:
    settings.IDENTITY_INTERNAL_NETWORKS = ["127.0.0.0/8"]


def form(**more: Any) -> dict[str, Any]:
    return {
        "name": "Acme ID", "issuer": "http://127.0.0.1:9", "client_id": "portal", "client_secret": "hush",
        "groups_claim": "groups", "is_enabled": "on",
    } | more  # fmt: skip


def test_an_administrator_sees_the_domains_they_manage(account: Account, admin: Client) -> None:
    stranger = factories.account("stranger")

    page = words(admin.get("/sign-in-settings/"))

    assert account.domain.name in page
    assert stranger.domain.name not in page


def test_the_list_costs_the_same_however_long_it_is(
    account: Account, admin: Client, django_assert_max_num_queries: Any
) -> None:
    for number in range(8):
        factories.identity_provider(create_domain(SYSTEM, name=f"d{number}", parent=account.domain))
    admin.get("/sign-in-settings/")

    with django_assert_max_num_queries(4):
        admin.get("/sign-in-settings/")


def test_rules_are_changed(account: Account, admin: Client) -> None:
    path = f"/domains/{account.domain.uuid}/sign-in/"

    answer = admin.post(path, {"password_min_length": "16", "alias": "acme"})

    assert answer.status_code == 302
    page = words(admin.get(path))
    assert 'value="16"' in page
    assert "/sign-in/at/acme/" in page
    wrong = admin.post(path, {"password_min_length": "2", "alias": "No Good"})
    assert wrong.status_code == 422


def test_a_provider_is_added_changed_and_removed(account: Account, admin: Client) -> None:
    mapping = "staff = member on account\n\ncloud admins = domain_admin on domain"
    values = form(account=str(account.uuid), role_mapping=mapping)

    assert admin.post(f"/domains/{account.domain.uuid}/providers/new/", values).status_code == 302

    provider = IdentityProvider.objects.get()
    assert provider.role_mapping[1] == {"group": "cloud admins", "role": "domain_admin", "on": "domain"}
    assert (provider.account, provider.client_secret) == (account, "hush")
    page = words(admin.get(f"/providers/{provider.uuid}/"))
    assert "hush" not in page
    assert f"/sign-in/with/{provider.uuid}/back/" in page
    assert "cloud admins = domain_admin on domain" in page
    assert admin.post(f"/providers/{provider.uuid}/", form(client_secret="", name="New")).status_code == 302
    provider.refresh_from_db()
    assert (provider.name, provider.client_secret, provider.role_mapping) == ("New", "hush", [])
    assert admin.post(f"/providers/{provider.uuid}/delete/", {"typed_name": "wrong"}).status_code == 422
    assert admin.post(f"/providers/{provider.uuid}/delete/", {"typed_name": "New"}).status_code == 302
    assert not IdentityProvider.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("issuer", "https://10.0.0.1"),
        ("role_mapping", "staff is member"),
        ("role_mapping", "staff = emperor on account"),
        ("account", "00000000-0000-4000-8000-000000000000"),
        ("name", ""),
    ],
)
def test_what_is_wrong_is_said_at_the_field(account: Account, admin: Client, field: str, value: str) -> None:
    answer = admin.post(f"/domains/{account.domain.uuid}/providers/new/", form(**{field: value}))

    assert answer.status_code == 422
    assert f'id="id_{field}_error"' in words(answer)
    assert not IdentityProvider.objects.exists()


def test_promises_about_addresses_are_shown_to_operators_alone(account: Account, admin: Client) -> None:
    operator = Browser().client
    operator.force_login(factories.user("root_admin", on=factories.root()))
    path = f"/domains/{account.domain.uuid}/providers/new/"

    assert "email_domains" not in words(admin.get(path))
    operator.post(path, form(email_domains="acme.example, acme.test"))

    assert IdentityProvider.objects.get().email_domains == ["acme.example", "acme.test"]

"""Domains, accounts and users in the admin."""

from __future__ import annotations

from django.test import Client

from tenants.actor import Actor, actor_of
from tenants.models import Account, Domain, User
from tests import factories
from tests.admin.pages import add, address, change, errors, events


def test_an_operator_adds_a_customer(operator_client: Client) -> None:
    add(operator_client, Domain, parent=factories.root(), name="Acme")
    domain = Domain.objects.get(name="Acme")
    add(operator_client, Account, domain=domain, name="shop")
    account = Account.objects.get(name="shop")
    person = {"username": "alice", "email": "alice@acme.example", "password": factories.PASSWORD}

    answer = add(operator_client, User, account=account, role="member", on_account=account, **person)

    assert answer.status_code == 302
    alice = User.objects.get(username="alice")
    assert alice.check_password(factories.PASSWORD)
    assert actor_of(alice).may("compute.manage", account)
    assert Client().login(username="alice", password=factories.PASSWORD)


def test_a_weak_password_is_refused_at_the_field(operator_client: Client) -> None:
    answer = add(operator_client, User, account=factories.account(), username="bob", password="password")

    assert list(errors(answer)) == ["password"]
    assert not User.objects.filter(username="bob").exists()


def test_a_role_without_a_place_is_refused_and_no_user_is_left(operator_client: Client) -> None:
    person = {"username": "carol", "password": factories.PASSWORD, "role": "member"}

    answer = add(operator_client, User, account=factories.account(), **person)

    assert list(errors(answer)) == ["role"]
    assert not User.objects.filter(username="carol").exists()


def test_a_role_is_granted_and_shown(operator_client: Client, tenant: Actor) -> None:
    user = User.objects.get(pk=tenant.user_id)
    before = events("tenants.grant_role")

    answer = change(operator_client, user, role="domain_admin", on_domain=user.account.domain)

    assert answer.status_code == 302
    assert events("tenants.grant_role") == before + 1
    page = operator_client.get(address(User, "change", user.pk)).content.decode()
    assert f"Domain admin · domain {user.account.domain}" in page
    assert "Member · account" in page


def test_the_hash_of_a_password_is_not_shown(operator_client: Client, tenant: Actor) -> None:
    user = User.objects.get(pk=tenant.user_id)

    assert user.password not in operator_client.get(address(User, "change", user.pk)).content.decode()

"""Accounts, users, domains, keys, and who one is."""

from __future__ import annotations

from django.test import Client

from tenants.actor import Actor
from tenants.keys import parse_key
from tenants.models import Account, User
from tests import factories
from tests.api.client import BASE, Api


def test_a_new_key_works_and_is_shown_once(api: Api, tenant: Actor) -> None:
    made = api.post("api-keys/", {"name": "laptop"})

    assert made.status_code == 201
    text = made.json()["key"]
    me = Client().get(f"{BASE}/me/", headers={"authorization": f"Bearer {text}"})
    assert me.json()["username"] == tenant.name
    key = parse_key(text)
    assert key
    assert key.secret not in api.get(f"api-keys/{made.json()['id']}/").content.decode()
    assert key.secret not in api.get("api-keys/").content.decode()
    assert key.secret not in api.get("events/").content.decode()

    assert api.delete(f"api-keys/{made.json()['id']}/").status_code == 204
    assert Client().get(f"{BASE}/me/", headers={"authorization": f"Bearer {text}"}).status_code == 401


def test_one_learns_who_one_is(api: Api, operator_api: Api, tenant: Actor) -> None:
    me = api.get("me/").json()

    assert me["account"]["id"] == str(Account.objects.get(pk=tenant.account_id).uuid)
    assert me["is_operator"] is False
    assert "compute.manage" in me["permissions"]
    assert operator_api.get("me/").json()["is_operator"] is True


def test_operators_grow_the_organisation(operator_api: Api) -> None:
    root = factories.root()
    domain = operator_api.post("domains/", {"name": "sales", "parent": str(root.uuid)}).json()
    account = operator_api.post("accounts/", {"name": "sales-emea", "domain": domain["id"]}).json()
    user = operator_api.post(
        "users/", {"username": "ann", "password": factories.PASSWORD, "account": account["id"], "email": "a@b.example"}
    )

    assert user.status_code == 201
    assert user.json()["account"] == {"id": account["id"], "name": "sales-emea"}
    assert "password" not in user.json()
    assert User.objects.get(username="ann").check_password(factories.PASSWORD)
    assert [row["name"] for row in operator_api.get("accounts/", domain=domain["id"]).json()["results"]] == [
        "sales-emea"
    ]


def test_operators_see_everybody(operator_api: Api, operator: Actor, tenant: Actor, other_tenant: Actor) -> None:
    listed = {row["username"] for row in operator_api.get("users/").json()["results"]}

    assert {operator.name, tenant.name, other_tenant.name} <= listed


def test_a_domain_admin_sees_and_manages_its_branch(tenant: Actor, other_tenant: Actor) -> None:
    branch = Account.objects.get(pk=tenant.account_id).domain
    api = Api(factories.actor_of(factories.user("domain_admin", on=branch)))

    listed = {row["id"] for row in api.get("accounts/").json()["results"]}

    assert str(Account.objects.get(pk=tenant.account_id).uuid) in listed
    assert str(Account.objects.get(pk=other_tenant.account_id).uuid) not in listed
    assert api.post("accounts/", {"name": "new", "domain": str(branch.uuid)}).status_code == 201


def test_a_member_makes_nobody(api: Api, tenant: Actor) -> None:
    home = Account.objects.get(pk=tenant.account_id)

    answer = api.post("users/", {"username": "x", "password": factories.PASSWORD, "account": str(home.uuid)})

    assert answer.status_code in (400, 403)
    assert not User.objects.filter(username="x").exists()

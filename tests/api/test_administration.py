"""Tenancy by script: tree, accounts, users, groups, roles, grants, and why somebody may."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from compute.models import Instance
from tenants.actor import SYSTEM, Actor, actor_of
from tenants.models import Account, Domain, Grant, Role, User
from tenants.permissions import BUILT_IN, PERMISSIONS
from tenants.services.accounts import create_account
from tests import factories
from tests.api.client import BASE, Api, messages
from tests.conftest import RunJobs
from tests.factories import Cloud


@pytest.fixture
def home(tenant: Actor) -> Account:
    return Account.objects.select_related("domain").get(pk=tenant.account_id)


@pytest.fixture
def person(tenant: Actor) -> User:
    return User.objects.get(pk=tenant.user_id)


@pytest.fixture
def admin_api(home: Account) -> Api:
    """A domain admin over the tenant, who belongs elsewhere."""
    return Api(actor_of(factories.user("domain_admin", on=home.domain)))


def role(code: str) -> str:
    return str(Role.objects.get(code=code).uuid)


def test_the_tree_is_rearranged(operator_api: Api) -> None:
    root = str(factories.root().uuid)
    a, b = (operator_api.post("domains/", {"name": name, "parent": root}).json() for name in ("a", "b"))

    moved = operator_api.post(f"domains/{b['id']}/move/", {"parent": a["id"]})
    renamed = operator_api.patch(f"domains/{a['id']}/", {"name": "better"})
    suspended = operator_api.post(f"domains/{a['id']}/suspend/")

    assert moved.json()["parent"] == {"id": a["id"], "name": "a"}
    assert (renamed.json()["name"], suspended.json()["state"]) == ("better", "Suspended")
    assert suspended.json()["allowed"] == ["activate", "delete"]
    assert operator_api.get(f"domains/{root}/").json()["allowed"] == []
    again = operator_api.post(f"domains/{a['id']}/suspend/")
    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    assert operator_api.post(f"domains/{a['id']}/activate/").json()["state"] == "Active"
    cycle = operator_api.post(f"domains/{a['id']}/move/", {"parent": b["id"]})
    assert list(messages(cycle)) == ["parent"]
    assert operator_api.get("domains/", parent=a["id"], state="Active").json()["results"][0]["id"] == b["id"]


def test_a_domain_is_deleted_with_its_name_typed(operator_api: Api, home: Account, run_jobs: RunJobs) -> None:
    address = f"domains/{home.domain.uuid}/"

    full = operator_api.delete(address)
    mistyped = operator_api.delete(f"{address}?confirm=x")
    assert (full.status_code, full.json()["contents"]) == (409, {"accounts": 1, "users": 1})
    assert list(messages(mistyped)) == ["confirm"]
    accepted = operator_api.delete(f"{address}?confirm={home.domain.name}")
    assert (accepted.status_code, accepted.json()["state"]) == (202, "Removing")
    run_jobs()

    assert operator_api.get(accepted.json()["job"]["url"]).json()["state"] == "succeeded"
    assert operator_api.get(address).status_code == 404
    assert operator_api.get(f"accounts/{home.uuid}/").status_code == 404
    assert not User.objects.filter(account=home).exists()


def test_a_domain_admin_follows_the_job_it_started(home: Account, run_jobs: RunJobs) -> None:
    office = create_account(SYSTEM, domain=home.domain, name="office")
    api = Api(actor_of(factories.user("domain_admin", of=office, on=home.domain)))
    child = api.post("domains/", {"name": "child", "parent": str(home.domain.uuid)}).json()
    refused = api.delete(f"domains/{home.domain.uuid}/?confirm={home.domain.name}")

    job = api.delete(f"domains/{child['id']}/").json()["job"]
    run_jobs()

    assert refused.status_code == 403
    assert Domain.objects.get(uuid=child["id"]).state == "Removed"
    assert api.get(job["url"]).json()["state"] == "succeeded"


def test_an_account_is_locked_and_disabled(
    admin_api: Api, api: Api, home: Account, tenant: Actor, cloud: Cloud, run_jobs: RunJobs
) -> None:
    instance = factories.instance(tenant, cloud)
    address = f"accounts/{home.uuid}"

    assert admin_api.post(f"{address}/lock/").json()["state"] == "Locked"
    refused = api.post("ssh-keys/", {"name": "k", "public_key": "ssh-ed25519 AAAA"})
    assert (refused.status_code, refused.json()["code"]) == (409, "account-locked")
    assert api.get(f"instances/{instance.uuid}/").status_code == 200
    disabled = admin_api.post(f"{address}/disable/")
    assert (disabled.status_code, disabled.json()["state"]) == (202, "Disabled")
    assert api.get("instances/").status_code == 401
    run_jobs()
    assert Instance.objects.get(pk=instance.pk).state == "Stopped"
    assert admin_api.post(f"{address}/enable/").json()["state"] == "Enabled"
    assert api.get("instances/").status_code == 200


def test_users_are_managed(admin_api: Api, api: Api, person: User) -> None:
    address = f"users/{person.uuid}"

    changed = admin_api.patch(f"{address}/", {"email": "a@b.example", "first_name": "Ann"})
    password = admin_api.post(f"{address}/set-password/", {"password": "another-long-one"})
    weak = admin_api.post(f"{address}/set-password/", {"password": "short"})

    assert (changed.json()["email"], changed.json()["first_name"]) == ("a@b.example", "Ann")
    assert password.status_code == 200
    assert b"another-long-one" not in password.content
    assert list(messages(weak)) == ["password"]
    assert admin_api.post(f"{address}/disable/").json()["is_active"] is False
    assert api.get("me/").status_code == 401
    assert admin_api.post(f"{address}/enable/").json()["is_active"] is True
    assert api.get("me/").status_code == 200
    assert admin_api.delete(f"{address}/").status_code == 204
    assert api.get("me/").status_code == 401


def test_an_account_is_chosen_once(admin_api: Api, person: User) -> None:
    elsewhere = str(factories.account().uuid)

    for change in ({"account": elsewhere}, {"is_superuser": True}, {"is_active": False}, {"password": "x" * 12}):
        assert list(messages(admin_api.patch(f"users/{person.uuid}/", change))) == list(change)


def test_a_session_ends_with_its_user(admin_api: Api, person: User) -> None:
    browser = Client()
    browser.force_login(person)
    assert browser.get("/profile/").status_code == 200

    admin_api.post(f"users/{person.uuid}/disable/")

    assert browser.get("/profile/").status_code == 302


def test_groups_share_what_they_are_granted(admin_api: Api, api: Api, home: Account, person: User) -> None:
    group = admin_api.post("groups/", {"name": "crew", "domain": str(home.domain.uuid)}).json()
    granted = admin_api.post(
        "grants/", {"role": role("domain_admin"), "group": group["id"], "domain": str(home.domain.uuid)}
    )
    assert (granted.status_code, granted.json()["group"]["name"]) == (201, "crew")
    assert api.get("accounts/").json()["results"] == []

    for _ in range(2):
        assert admin_api.post(f"groups/{group['id']}/add-member/", {"user": str(person.uuid)}).status_code == 200

    assert [row["id"] for row in api.get("accounts/").json()["results"]] == [str(home.uuid)]
    listed = admin_api.get("users/", group=group["id"]).json()["results"]
    assert [row["id"] for row in listed] == [str(person.uuid)]
    stranger = factories.user("reader")
    outside = admin_api.post(f"groups/{group['id']}/add-member/", {"user": str(stranger.uuid)})
    assert messages(outside) == {"user": ["There is no such user."]}
    assert admin_api.post(f"groups/{group['id']}/remove-member/", {"user": str(person.uuid)}).status_code == 200
    assert api.get("accounts/").json()["results"] == []
    assert admin_api.patch(f"groups/{group['id']}/", {"description": "They sail."}).json()["name"] == "crew"
    assert admin_api.delete(f"groups/{group['id']}/").status_code == 204
    assert not Grant.objects.filter(uuid=granted.json()["id"]).exists()


def test_roles_are_made_of_the_matrix(admin_api: Api, api: Api, home: Account, person: User) -> None:
    matrix = admin_api.get("permissions/").json()["results"]
    assert {row["name"] for row in matrix} == set(PERMISSIONS)
    of_the_cloud = {row["name"] for row in matrix if row["of_the_cloud"]}
    assert of_the_cloud == {"infrastructure.view", "infrastructure.manage", "alerts.view", "alerts.manage"}
    body = {"name": "Helper", "domain": str(home.domain.uuid), "permissions": ["tenancy.view"]}

    made = admin_api.post("roles/", body).json()
    grant = admin_api.post("grants/", {"role": made["id"], "user": str(person.uuid), "account": str(home.uuid)}).json()

    assert (made["is_built_in"], made["code"], made["permissions"]) == (False, None, ["tenancy.view"])
    assert [row["id"] for row in api.get("accounts/").json()["results"]] == [str(home.uuid)]
    changed = admin_api.patch(f"roles/{made['id']}/", {"permissions": ["jobs.view"]})
    assert changed.json()["permissions"] == ["jobs.view"]
    assert api.get("accounts/").json()["results"] == []
    clone = admin_api.post(f"roles/{role('auditor')}/clone/", {"name": "Ours", "domain": str(home.domain.uuid)})
    assert (clone.status_code, clone.json()["code"]) == (201, None)
    held = admin_api.delete(f"roles/{made['id']}/")
    assert (held.status_code, held.json()["grants"]) == (409, 1)
    assert admin_api.delete(f"roles/{made['id']}/?force=true").status_code == 204
    assert admin_api.get(f"grants/{grant['id']}/").status_code == 404


def test_built_in_roles_are_seen_by_all_and_changed_by_nobody(operator_api: Api, api: Api) -> None:
    listed = api.get("roles/", is_built_in=True).json()["results"]

    assert {row["code"] for row in listed} == set(BUILT_IN)
    assert operator_api.patch(f"roles/{role('member')}/", {"name": "x"}).status_code == 409
    assert operator_api.delete(f"roles/{role('member')}/?force=true").status_code == 409
    assert [row["code"] for row in api.get("roles/", code="billing").json()["results"]] == ["billing"]


def test_nobody_grants_beyond_their_own(admin_api: Api, home: Account, person: User) -> None:
    root = factories.root()
    whom = {"user": str(person.uuid)}

    beyond = admin_api.post("grants/", {"role": role("root_admin"), "domain": str(home.domain.uuid), **whom})
    above = admin_api.post("grants/", {"role": role("member"), "domain": str(root.uuid), **whom})
    nowhere = admin_api.post("grants/", {"role": role("member"), **whom})
    twice = admin_api.post(
        "grants/",
        {"role": role("member"), "domain": str(home.domain.uuid), "account": str(home.uuid), **whom},
    )

    assert list(messages(beyond)) == ["role"]
    assert messages(above) == {"domain": ["There is no such domain."]}
    assert list(messages(nowhere)) == list(messages(twice)) == ["domain"]
    assert Grant.objects.filter(user=person).count() == 1


def test_a_revoked_role_is_gone_with_the_next_request(admin_api: Api, api: Api, person: User) -> None:
    (grant,) = admin_api.get("grants/", user=str(person.uuid)).json()["results"]
    assert (grant["role"]["name"], grant["user"]["name"]) == ("Member", person.username)
    assert [row["id"] for row in api.get("grants/").json()["results"]] == [grant["id"]], "one's own are always seen"

    assert api.delete(f"grants/{grant['id']}/").status_code == 404, "and not for oneself to give back or keep"
    assert admin_api.delete(f"grants/{grant['id']}/").status_code == 204

    assert api.get("me/").json()["permissions"] == []
    assert admin_api.delete(f"grants/{grant['id']}/").status_code == 404


def explained(api: Api, **asked: Any) -> Any:
    return api.get("explain/", **{name: str(value) for name, value in asked.items()})


def test_why_somebody_may(admin_api: Api, api: Api, tenant: Actor, home: Account, person: User, cloud: Cloud) -> None:
    instance = factories.instance(tenant, cloud)

    found = explained(admin_api, user=person.uuid, permission="compute.manage", object=instance.uuid).json()

    assert found["allowed"] is True
    assert found["account"] == {"id": str(home.uuid), "name": home.name}
    assert [(because["role"]["name"], because["inherited"]) for because in found["grants"]] == [("Member", False)]
    own = explained(api, permission="tenancy.manage", account=home.uuid).json()
    assert (own["allowed"], [row["code"] for row in own["obstacles"]]) == (False, ["no-grant"])
    admin_api.post(f"accounts/{home.uuid}/lock/")
    locked = explained(api, permission="compute.manage", account=home.uuid).json()
    assert (locked["allowed"], [row["code"] for row in locked["obstacles"]]) == (False, ["account-locked"])
    assert (
        explained(admin_api, permission="compute.view", domain=home.domain.uuid).json()["grants"][0]["inherited"]
        is False
    )


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({}, "permission"),
        ({"permission": "compute.fly"}, "permission"),
        ({"permission": "compute.view"}, "account"),
        ({"permission": "compute.view", "account": "x"}, "account"),
        ({"permission": "compute.view", "account": "00000000-0000-4000-8000-000000000000"}, "account"),
        ({"permission": "compute.view", "object": "00000000-0000-4000-8000-000000000000"}, "object"),
        ({"permission": "compute.view", "domain": "00000000-0000-4000-8000-000000000000"}, "domain"),
    ],
)
def test_a_question_is_checked(api: Api, asked: dict[str, str], field: str) -> None:
    answer = explained(api, **asked)

    assert (answer.status_code, list(messages(answer))) == (400, [field])


def test_nobody_asks_about_strangers(other_api: Api, tenant: Actor, person: User, home: Account, cloud: Cloud) -> None:
    instance = factories.instance(tenant, cloud)
    never = "00000000-0000-4000-8000-000000000000"

    for name, theirs in (("user", person.uuid), ("account", home.uuid), ("object", instance.uuid)):
        own = Account.objects.get(pk=other_api.actor.account_id).uuid  # type: ignore[union-attr]
        base = {"permission": "compute.view"} | ({"account": own} if name == "user" else {})
        foreign, missing = (explained(other_api, **base | {name: value}) for value in (theirs, never))
        assert (
            (foreign.status_code, messages(foreign))
            == (missing.status_code, messages(missing))
            == (
                400,
                {name: [f"There is no such {name}."]},
            )
        )


def test_a_page_of_grants_is_one_query(admin_api: Api, home: Account, django_assert_max_num_queries: Any) -> None:
    for _ in range(5):
        factories.user("reader", on=home)

    # The key, its last use, the rate, the rights, and the page.
    with django_assert_max_num_queries(5):
        assert len(admin_api.get("grants/").json()["results"]) == 7
    assert Client().get(f"{BASE}/grants/").status_code == 401

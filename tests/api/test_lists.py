"""Lists: pages, order, filters, and what they cost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from compute.models import SSHKey
from tenants.actor import SYSTEM, Actor
from tenants.models import User
from tenants.services.groups import create_group
from tenants.services.project_invitations import invite_to_project
from tenants.services.projects import create_project
from tests import factories
from tests.api.client import Api, messages
from tests.factories import Cloud

LISTS = [
    "zones", "pods", "clusters", "hosts", "offerings", "disk-offerings", "pools", "stores", "templates", "volumes",
    "networks", "public-addresses", "ssh-keys", "instances", "jobs", "events", "accounts", "users", "domains",
    "api-keys", "groups", "roles", "grants", "alerts", "notifications", "projects", "project-members",
    "project-invitations",
]  # fmt: skip
# The key with its user and the note of its use, the grants, the rows.
QUERIES = 4


def keys(tenant: Actor, names: list[str]) -> None:
    owner = factories.Account.objects.get(pk=tenant.account_id)
    for name in names:
        SSHKey.objects.create(account=owner, name=name, public_key="ssh-ed25519 AAAA", fingerprint="SHA256:x")


def a_project() -> None:
    """With a member, and somebody who is invited."""
    project = create_project(SYSTEM, owner=factories.account(), name=factories.unique("project"))
    factories.user("project_member", on=project.account)
    invite_to_project(SYSTEM, project=project, email="ann@example.org", link_to=str)


def names(page: dict[str, Any]) -> list[str]:
    return [row["name"] for row in page["results"]]


@pytest.mark.parametrize("sort", ["name", "-name", "created_at", "-created_at"])
def test_pages_lead_there_and_back(api: Api, tenant: Actor, sort: str) -> None:
    made = [f"key-{number:02}" for number in range(7)]
    keys(tenant, made)
    expected = made[::-1] if sort.startswith("-") else made

    first = api.get("ssh-keys/", limit=3, sort=sort).json()
    second = api.get(first["next"]).json()
    third = api.get(second["next"]).json()

    assert names(first) + names(second) + names(third) == expected
    assert (first["previous"], third["next"]) == (None, None)
    back = api.get(third["previous"]).json()
    assert names(back) == names(second)
    begin = api.get(back["previous"]).json()
    assert names(begin) == names(first)
    assert begin["previous"] is None


def test_a_page_shifts_by_nothing_that_comes_or_goes(api: Api, tenant: Actor) -> None:
    keys(tenant, ["a", "b", "d", "e"])
    first = api.get("ssh-keys/", limit=2, sort="name").json()

    SSHKey.objects.filter(name="a").delete()
    keys(tenant, ["c"])

    assert names(api.get(first["next"]).json()) == ["c", "d"]


def test_rows_of_one_name_are_all_shown(operator_api: Api, tenant: Actor, other_tenant: Actor) -> None:
    keys(tenant, ["same", "z"])
    keys(other_tenant, ["same", "a"])

    page = operator_api.get("ssh-keys/", limit=1, sort="name").json()
    found = names(page)
    while page["next"]:
        page = operator_api.get(page["next"]).json()
        found += names(page)

    assert found == ["a", "same", "same", "z"]


def test_a_cursor_says_nothing_and_belongs_to_one_list_and_order(api: Api, tenant: Actor) -> None:
    keys(tenant, ["a", "b"])
    by_name = api.get("ssh-keys/", limit=1, sort="name").json()["next"].rpartition("cursor=")[2]
    by_age = api.get("ssh-keys/", limit=1).json()["next"].rpartition("cursor=")[2]

    assert by_name != by_age
    for address, query in [
        ("ssh-keys/", {"sort": "name", "cursor": by_age}),
        ("ssh-keys/", {"cursor": by_name}),
        ("networks/", {"cursor": by_age}),
        ("ssh-keys/", {"cursor": "x"}),
        ("ssh-keys/", {"cursor": by_age[:-2] + "AA"}),
        ("ssh-keys/", {"cursor": "é" * 3000}),
    ]:
        answer = api.get(address, **query)
        assert answer.status_code == 400, (address, query)
        assert "cursor" in messages(answer)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "201"}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"sort": "user_data"}, "sort"),
        ({"colour": "red"}, "colour"),
        ({"state": "Flying"}, "state"),
        ({"zone": "not-an-id"}, "zone"),
        ({"zone": "00000000-0000-4000-8000-000000000000"}, "zone"),
        ({"account": "x"}, "account"),
    ],
)
def test_a_query_that_makes_no_sense_is_refused_at_its_field(api: Api, query: dict[str, str], field: str) -> None:
    answer = api.get("instances/", **query)

    assert answer.status_code == 400
    assert set(messages(answer)) == {field}


def test_instances_are_filtered(api: Api, tenant: Actor, cloud: Cloud) -> None:
    running = factories.instance(tenant, cloud, name="front-1")
    starting = factories.deployment(tenant, cloud, name="back-1").resource
    network = running.nics.get().network

    def found(**query: Any) -> list[str]:
        return names(api.get("instances/", sort="name", **query).json())

    assert found() == ["back-1", "front-1"]
    assert found(state="Running") == ["front-1"]
    assert found(state=["Running", "Starting"]) == ["back-1", "front-1"]
    assert found(name="RONT") == ["front-1"]
    assert found(network=str(network.uuid)) == ["back-1", "front-1"]
    assert found(zone=str(cloud.zone.uuid), offering=str(cloud.offering.uuid), name="back") == [starting.name]
    assert found(account=str(starting.account.uuid)) == ["back-1", "front-1"]
    assert found(account="00000000-0000-4000-8000-000000000000") == []


def test_filters_stay_on_the_next_page(api: Api, tenant: Actor) -> None:
    keys(tenant, ["a-1", "a-2", "b-1"])

    page = api.get("ssh-keys/", name="a-", limit=1, sort="name").json()

    assert names(api.get(page["next"]).json()) == ["a-2"]
    assert api.get(page["next"]).json()["next"] is None


def test_every_list_costs_the_same_queries_however_long(
    cloud: Cloud, operator: Actor, tenant: Actor, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    for number in range(3):
        factories.deployment(tenant, cloud, name=f"vm-{number}")
    keys(tenant, ["a", "b"])
    create_group(operator, domain=factories.root(), name="crew")
    factories.alert(cloud.hosts()[0])
    factories.notification(User.objects.get(pk=operator.user_id))
    a_project()
    api = Api(operator)
    api.get("me/")

    for noun in LISTS:
        with django_assert_max_num_queries(QUERIES, info=noun):
            answer = api.get(f"{noun}/")
        assert answer.status_code == 200
        assert answer.json()["results"], f"a list of no {noun} proves nothing"


def test_what_a_list_shows_can_be_opened(cloud: Cloud, operator: Actor, tenant: Actor) -> None:
    factories.deployment(tenant, cloud)
    keys(tenant, ["a"])
    create_group(operator, domain=factories.root(), name="crew")
    factories.alert(cloud.hosts()[0])
    factories.notification(User.objects.get(pk=operator.user_id))
    a_project()
    api = Api(operator)

    for noun in LISTS:
        row = api.get(f"{noun}/").json()["results"][0]
        shown = api.get(f"{noun}/{row['id']}/").json()
        assert {name: shown[name] for name in row} == row

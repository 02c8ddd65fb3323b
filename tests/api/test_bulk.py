"""One operation on many objects."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from compute.models import Instance, SSHKey
from tenants.actor import Actor
from tests import factories
from tests.api.client import Api, messages
from tests.api.test_idempotency import key_body
from tests.authority.routes import routes
from tests.conftest import RunJobs
from tests.factories import Cloud


def results(answer: Any) -> list[tuple[str, int, str]]:
    assert answer.status_code == 200
    return [(row["id"], row["status"], row.get("problem", {}).get("code", "")) for row in answer.json()["results"]]


def test_each_has_its_result_and_foreign_ones_are_missing(
    api: Api, tenant: Actor, other_tenant: Actor, cloud: Cloud, run_jobs: RunJobs
) -> None:
    running = factories.instance(tenant, cloud, name="running")
    starting = factories.deployment(tenant, cloud, name="starting").resource
    foreign = factories.instance(other_tenant, cloud, name="foreign")
    missing = uuid4()
    ids = [str(one) for one in (running.uuid, starting.uuid, foreign.uuid, missing)]

    answer = api.post("instances/bulk/", {"action": "stop", "ids": ids, "force": True})

    assert results(answer) == [
        (ids[0], 202, ""), (ids[1], 409, "conflict"), (ids[2], 404, "not-found"), (ids[3], 404, "not-found"),
    ]  # fmt: skip
    found = {row["id"]: row for row in answer.json()["results"]}
    assert found[ids[2]]["problem"] == found[ids[3]]["problem"]
    assert api.get(found[ids[0]]["job"]["url"]).json()["resource"]["id"] == ids[0]
    run_jobs()
    assert Instance.objects.get(pk=running.pk).state == "Stopped"
    assert Instance.objects.get(pk=foreign.pk).state == "Running"


def test_many_are_deleted(api: Api) -> None:
    made = [api.post("ssh-keys/", key_body(name)).json()["id"] for name in ("a", "b", "c")]

    answer = api.post("ssh-keys/bulk/", {"action": "delete", "ids": made[:2]})

    assert [row["status"] for row in answer.json()["results"]] == [204, 204]
    assert [key.name for key in SSHKey.objects.all()] == ["c"]


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"action", "ids"}),
        ({"action": "explode", "ids": [str(uuid4())]}, {"action"}),
        ({"action": "console", "ids": [str(uuid4())]}, {"action"}),
        ({"action": "stop", "ids": []}, {"ids"}),
        ({"action": "stop", "ids": ["x"]}, {"ids"}),
        ({"action": "stop", "ids": [str(uuid4())] * 2}, {"ids"}),
        ({"action": "stop", "ids": [str(uuid4()) for _ in range(101)]}, {"ids"}),
        ([], {"action", "ids"}),
    ],
)
def test_what_makes_no_sense_is_refused_as_a_whole(api: Api, body: Any, fields: set[str]) -> None:
    assert set(messages(api.post("instances/bulk/", body))) == fields


def test_wrong_arguments_are_said_of_each(api: Api, tenant: Actor, cloud: Cloud) -> None:
    instance = factories.instance(tenant, cloud)

    answer = api.post("instances/bulk/", {"action": "stop", "ids": [str(instance.uuid)], "frce": True})

    assert results(answer) == [(str(instance.uuid), 400, "invalid")]
    assert answer.json()["results"][0]["problem"]["errors"][0]["pointer"] == "/frce"


def test_it_is_there_where_there_is_something_to_do() -> None:
    names = {route.name for route in routes() if route.name.endswith("-bulk")}

    assert {"api:instance-bulk", "api:network-bulk", "api:ssh-key-bulk", "api:job-bulk"} <= names
    assert not {"api:zone-bulk", "api:event-bulk", "api:usage-bulk"} & names

"""A script deploys an instance and does to it what may be done."""

from __future__ import annotations

from typing import Any

import pytest

from tenants.actor import Actor
from tests import factories
from tests.api.client import Api
from tests.conftest import RunJobs
from tests.factories import Cloud

SECRET = "#cloud-config\npassword: tell-nobody"


def body(tenant: Actor, cloud: Cloud, **more: Any) -> dict[str, Any]:
    network = factories.network(tenant, cloud.zone)
    return {
        "name": "web-1",
        "zone": str(cloud.zone.uuid),
        "offering": str(cloud.offering.uuid),
        "template": str(cloud.template.uuid),
        "networks": [str(network.uuid)],
    } | more


def test_a_script_deploys_an_instance_and_watches_its_job(
    api: Api, tenant: Actor, cloud: Cloud, run_jobs: RunJobs
) -> None:
    answer = api.post("instances/", body(tenant, cloud, user_data=SECRET))

    assert answer.status_code == 202
    instance = answer.json()
    assert instance["name"] == "web-1"
    assert instance["state"] == "Starting"
    assert instance["zone"] == {"id": str(cloud.zone.uuid), "name": cloud.zone.name}
    assert instance["account"]["id"] == str(factories.Account.objects.get(pk=tenant.account_id).uuid)
    assert answer["Location"] == instance["job"]["url"]
    job = api.get(instance["job"]["url"]).json()
    assert (job["id"], job["state"], job["error"]) == (instance["job"]["id"], "queued", None)
    assert job["resource"]["url"] == f"/api/v1/instances/{instance['id']}/"
    assert {step["state"] for step in job["steps"]} == {"pending"}

    run_jobs()

    job = api.get(instance["job"]["url"]).json()
    assert (job["state"], job["progress"]) == ("succeeded", 100)
    assert {step["state"] for step in job["steps"]} == {"done"}
    shown = api.get(job["resource"]["url"]).json()
    assert shown["state"] == "Running"
    assert shown["networks"][0]["address"].startswith("10.1.0.")
    assert shown["volumes"][0]["state"] == "Ready"
    assert set(shown["allowed"]) == {"stop", "reboot", "destroy"}


def test_user_data_is_never_shown(api: Api, tenant: Actor, cloud: Cloud, run_jobs: RunJobs) -> None:
    answer = api.post("instances/", body(tenant, cloud, user_data=SECRET))
    run_jobs()

    address = f"instances/{answer.json()['id']}/"
    shown = [answer, api.get(address), api.get("instances/"), api.get(answer.json()["job"]["url"]), api.get("events/")]
    assert all(b"tell-nobody" not in one.content for one in shown)
    # The events tell that there was some.
    assert all(b"user_data" not in one.content for one in shown[:-1])


def test_operations_lead_through_the_lifecycle(api: Api, tenant: Actor, cloud: Cloud, run_jobs: RunJobs) -> None:
    uuid = factories.instance(tenant, cloud).uuid
    for operation, sent, status, state in [
        ("reboot", None, 202, "Running"),
        ("stop", {"force": True}, 202, "Stopped"),
        ("start", None, 202, "Running"),
        ("destroy", None, 202, "Destroyed"),
        ("recover", None, 200, "Stopped"),
        ("expunge", None, 202, None),
    ]:
        answer = api.post(f"instances/{uuid}/{operation}/", sent)
        assert answer.status_code == status, (operation, answer.content)
        assert ("job" in answer.json()) == (status == 202)
        run_jobs()
        shown = api.get(f"instances/{uuid}/")
        assert (shown.json()["state"] if state else shown.status_code) == (state or 404)


def test_an_operation_that_the_state_does_not_allow_conflicts(api: Api, tenant: Actor, cloud: Cloud) -> None:
    instance = factories.instance(tenant, cloud)

    answer = api.post(f"instances/{instance.uuid}/start/")

    assert answer.status_code == 409
    assert answer["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["code"], problem["state"], problem["allowed_from"]) == ("conflict", "Running", ["Stopped"])


def test_a_console_token_is_new_each_time(api: Api, tenant: Actor, cloud: Cloud) -> None:
    instance = factories.instance(tenant, cloud)

    answers = [api.post(f"instances/{instance.uuid}/console/") for _ in range(2)]

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["token"] for answer in answers}) == 2


def test_a_full_cloud_says_what_each_filter_left(api: Api, tenant: Actor, cloud: Cloud) -> None:
    huge = factories.create_offering(
        factories.SYSTEM, name="huge", cpus=40, memory_mib=512, root_disk=cloud.offering.root_disk
    )

    answer = api.post("instances/", body(tenant, cloud, offering=str(huge.uuid)))

    assert answer.status_code == 409
    assert answer.json()["code"] == "capacity-exhausted"
    assert answer.json()["filters"]
    assert api.get("instances/").json()["results"] == []


@pytest.mark.parametrize(("role", "status"), [("reader", 403), ("member", 202)])
def test_a_reader_sees_and_may_not_do(cloud: Cloud, tenant: Actor, role: str, status: int) -> None:
    instance = factories.instance(tenant, cloud)
    home = factories.Account.objects.get(pk=tenant.account_id)
    api = Api(factories.actor_of(factories.user(role, of=home)))

    assert api.get(f"instances/{instance.uuid}/").status_code == 200
    assert api.post(f"instances/{instance.uuid}/stop/").status_code == status


def test_operators_see_the_host_and_tenants_do_not(api: Api, operator_api: Api, tenant: Actor, cloud: Cloud) -> None:
    instance = factories.instance(tenant, cloud)
    address = f"instances/{instance.uuid}/"

    assert operator_api.get(address).json()["host"]["name"] == instance.host.name
    assert not {"host", "last_host"} & api.get(address).json().keys()
    assert instance.host.name not in api.get("instances/").content.decode()

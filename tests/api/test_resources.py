"""Networks, templates, keys, the hierarchy, jobs and events as scripts use them."""

from __future__ import annotations

import hashlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from cloudportal.core.errors import PermissionDenied
from cloudportal.infrastructure.models import Host
from tenants.actor import Actor, actor_of
from tenants.models import Account
from tenants.services.jobs import cancel_job, may_cancel
from tests import factories
from tests.api.client import Api
from tests.conftest import RunJobs
from tests.factories import Cloud


def test_a_network_comes_and_goes(api: Api, cloud: Cloud, run_jobs: RunJobs) -> None:
    made = api.post("networks/", {"name": "inner", "zone": str(cloud.zone.uuid), "cidr": "10.5.0.0/24"})
    assert made.status_code == 202
    address = f"networks/{made.json()['id']}/"
    run_jobs()

    assert api.get(address).json()["state"] == "Implemented"
    held = api.get("public-addresses/").json()["results"]
    assert [one["network"]["id"] for one in held] == [made.json()["id"]]
    gone = api.delete(address)
    assert (gone.status_code, gone.json()["state"]) == (202, "Shutdown")
    run_jobs()
    assert api.get(address).status_code == 404
    assert api.get("public-addresses/").json()["results"] == []


def test_a_template_is_uploaded_and_removed(api: Api, cloud: Cloud, run_jobs: RunJobs) -> None:
    image = factories.raw_image().getvalue()
    digest = f"sha256:{hashlib.sha256(image).hexdigest()}"

    made = api.upload(
        "templates/upload/", name="mine", zone=str(cloud.zone.uuid), format="raw", checksum=digest,
        file=SimpleUploadedFile("image.raw", image),
    )  # fmt: skip

    assert made.status_code == 202, made.content
    address = f"templates/{made.json()['id']}/"
    run_jobs()
    shown = api.get(address).json()
    assert (shown["state"], shown["checksum"], shown["is_public"]) == ("Ready", digest, False)
    assert api.delete(address).status_code == 202
    run_jobs()
    assert api.get(address).status_code == 404


def test_an_upload_without_its_file_is_refused(api: Api, cloud: Cloud) -> None:
    answer = api.upload("templates/upload/", name="mine", zone=str(cloud.zone.uuid))

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "file"


def test_everybody_uses_public_templates_and_nobody_removes_them(api: Api, cloud: Cloud) -> None:
    address = f"templates/{cloud.template.uuid}/"

    assert api.get(address).json()["is_public"] is True
    assert api.delete(address).status_code == 404


def test_operators_see_private_templates(operator_api: Api, cloud: Cloud) -> None:
    private = factories.template(cloud.zone, is_public=False)

    assert operator_api.get(f"templates/{private.uuid}/").status_code == 200


def test_ssh_keys_come_and_go(api: Api) -> None:
    text = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPEqvJ+QCKdFAQCUM3bHqvqZr1eR0jjBYHNVLwTb4f8q me@home"
    made = api.post("ssh-keys/", {"name": "home", "public_key": text})

    assert made.status_code == 201
    assert made.json()["fingerprint"].startswith("SHA256:")
    assert api.delete(f"ssh-keys/{made.json()['id']}/").status_code == 204
    assert api.get("ssh-keys/").json()["results"] == []


def test_operators_manage_the_hierarchy(operator_api: Api, cloud: Cloud) -> None:
    host = cloud.hosts()[0]

    changed = operator_api.patch(f"hosts/{host.uuid}/", {"resource_state": "Disabled"})
    assert changed.json()["resource_state"] == "Disabled"
    assert (
        operator_api.patch(f"clusters/{cloud.cluster.uuid}/", {"cpu_overcommit": 2}).json()["cpu_overcommit"] == "2.00"
    )
    assert Host.objects.get(pk=host.pk).cpu_capacity == 2 * host.cpus
    assert operator_api.delete(f"hosts/{host.uuid}/").status_code == 204
    assert {row["name"] for row in operator_api.get("hosts/", zone=str(cloud.zone.uuid)).json()["results"]} == {
        cloud.hosts()[-1].name
    }


def test_passwords_of_hosts_and_pools_are_never_shown(operator_api: Api, cloud: Cloud) -> None:
    Host.objects.filter(zone=cloud.zone).update(password="do-not-tell")

    for address in ("hosts/", f"hosts/{cloud.hosts()[0].uuid}/", "pools/", f"pools/{cloud.pool.uuid}/"):
        answer = operator_api.get(address)
        assert b"do-not-tell" not in answer.content
        assert b'"password"' not in answer.content


def test_tenants_see_zones_without_their_inside(api: Api, operator_api: Api, cloud: Cloud) -> None:
    address = f"zones/{cloud.zone.uuid}/"

    assert "network_url" not in api.get(address).json()
    assert operator_api.get(address).json()["network_url"] == cloud.zone.network_url


def test_capacity_is_for_operators(api: Api, operator_api: Api, cloud: Cloud) -> None:
    assert api.get("capacity/").json()["results"] == []
    kinds = {row["kind"]: row for row in operator_api.get("capacity/").json()["results"]}
    assert kinds["CPUs"]["total"] == sum(host.cpu_capacity for host in cloud.hosts())


def test_a_job_is_cancelled(api: Api, tenant: Actor, cloud: Cloud, run_jobs: RunJobs) -> None:
    job = factories.deployment(tenant, cloud)
    address = f"jobs/{job.uuid}/"
    assert api.get(address).json()["cancellable"] is True

    assert api.post(f"{address}cancel/").json()["cancel_requested"] is True
    run_jobs()

    shown = api.get(address).json()
    assert (shown["state"], shown["cancellable"]) == ("cancelled", False)
    again = api.post(f"{address}cancel/")
    assert (again.status_code, again.json()["code"]) == (409, "conflict")


def test_who_may_only_look_cancels_nothing(tenant: Actor, cloud: Cloud) -> None:
    job = factories.deployment(tenant, cloud)
    owner = Account.objects.get(pk=tenant.account_id)
    reader = actor_of(factories.user("reader", on=owner))

    with pytest.raises(PermissionDenied):
        cancel_job(reader, job=job)

    assert not may_cancel(reader, job)
    assert may_cancel(tenant, job)
    job.refresh_from_db()
    assert not job.cancel_requested


def test_events_tell_what_was_done(api: Api, tenant: Actor, cloud: Cloud) -> None:
    instance = factories.instance(tenant, cloud)

    events = api.get("events/", resource=str(instance.uuid)).json()["results"]

    assert events[0]["resource"]["url"] == f"/api/v1/instances/{instance.uuid}/"
    assert {event["actor"] for event in events} >= {tenant.name}


def test_allowed_is_what_the_caller_may_do(api: Api, operator_api: Api, tenant: Actor, cloud: Cloud) -> None:
    home = factories.Account.objects.get(pk=tenant.account_id)
    own = factories.template(cloud.zone, home, is_public=False)
    instance = factories.instance(tenant, cloud, template=own)
    network = instance.nics.get().network
    above = Api(factories.actor_of(factories.user("domain_admin", on=home.domain)))
    reader = Api(factories.actor_of(factories.user("reader", of=home)))

    def allowed(caller: Api, address: str) -> list[str]:
        shown: list[str] = caller.get(address).json()["allowed"]
        listed = {row["id"]: row["allowed"] for row in caller.get(address.split("/")[0] + "/").json()["results"]}
        assert listed[address.split("/")[1]] == shown
        return shown

    public, mine = f"templates/{cloud.template.uuid}/", f"templates/{own.uuid}/"
    callers = (api, reader, above, operator_api)
    assert [allowed(who, public) for who in callers] == [[], [], [], ["delete"]]
    assert [allowed(who, mine) for who in callers] == [["delete"], [], ["delete"], ["delete"]]
    for address, moves in {
        f"instances/{instance.uuid}/": ["stop", "reboot", "destroy"],
        f"networks/{network.uuid}/": ["delete"],
    }.items():
        assert set(moves) <= set(allowed(api, address))
        assert allowed(above, address) == allowed(api, address)
        assert allowed(reader, address) == []

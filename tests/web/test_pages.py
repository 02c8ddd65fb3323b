"""Networks, storage, keys, jobs, usage and the dashboard."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounting.folding import fold_waiting
from cloudportal.jobs.models import Job
from compute.models import SSHKey
from compute.services.instances import destroy_instance, expunge_instance
from network.models import Network
from storage.models import Template
from tenants.actor import Actor
from tenants.models import ApiKey
from tests import factories
from tests.conftest import RunJobs
from tests.factories import Cloud
from tests.web.conftest import Visit, htmx, words

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl somebody"


def test_a_new_tenant_is_shown_the_way(visit: Visit, tenant: Actor) -> None:
    assert "Three steps to your first machine" in words(visit(tenant).get("/"))


def test_an_operator_sees_capacity_and_hosts(visit: Visit, operator: Actor, cloud: Cloud) -> None:
    page = words(visit(operator).get("/"))

    assert 'role="progressbar" aria-label="CPUs"' in page
    assert "Public addresses" in page
    assert "/hosts/?connection_state=Up" in page


def test_a_network_is_created_shown_and_deleted(visit: Visit, tenant: Actor, cloud: Cloud) -> None:
    client = visit(tenant)

    made = client.post("/networks/new/", {"name": "backend", "cidr": "10.9.0.0/24", "zone": cloud.zone.uuid})

    network = Network.objects.get(name="backend")
    assert made["Location"] == f"/networks/{network.uuid}/"
    factories.finished(Job.objects.get(resource_uuid=network.uuid))
    page = words(client.get(f"/networks/{network.uuid}/"))
    assert "<svg" in page
    assert "10.9.0.1" in page
    deleted = client.post(f"/networks/{network.uuid}/delete/", headers=htmx("dialog-body"))
    assert deleted["HX-Redirect"] == "/networks/"


@pytest.mark.parametrize(
    "cidr", ["nonsense", "8.8.8.0/24", "10.0.0.0/8", "10.0.0.0/31", "10.0.0.1/24", "10.1.0.0/25", ""]
)
def test_a_bad_cidr_stands_beside_its_field(visit: Visit, tenant: Actor, cloud: Cloud, cidr: str) -> None:
    factories.network(tenant, cloud.zone, "10.1.0.0/24")

    answer = visit(tenant).post("/networks/new/", {"name": "backend", "cidr": cidr, "zone": cloud.zone.uuid})

    assert answer.status_code == 422
    assert 'id="id_cidr_error"' in words(answer)
    assert Network.objects.count() == 1


def test_the_topology_shows_who_is_on_it(visit: Visit, tenant: Actor, cloud: Cloud) -> None:
    network = factories.network(tenant, cloud.zone)
    for number in range(10):
        factories.instance(tenant, cloud, on=network, name=f"web-{number}")

    page = words(visit(tenant).get(f"/networks/{network.uuid}/"))

    assert "and 2 more" in page
    assert page.count("web-9") == 2  # in the table's link and nowhere in the picture, with its DNS name


def test_an_ssh_key_is_added_and_a_private_one_refused(visit: Visit, tenant: Actor) -> None:
    client = visit(tenant)

    private = client.post("/ssh-keys/new/", {"name": "a", "public_key": "-----BEGIN OPENSSH PRIVATE KEY-----"})
    assert private.status_code == 422
    assert "private key" in words(private)
    client.post("/ssh-keys/new/", {"name": "laptop", "public_key": KEY})
    key = SSHKey.objects.get(name="laptop")
    assert key.fingerprint in words(client.get("/ssh-keys/"))
    client.post(f"/ssh-keys/{key.uuid}/delete/")
    assert not SSHKey.objects.exists()


def test_an_api_key_is_shown_once(visit: Visit, tenant: Actor) -> None:
    client = visit(tenant)

    made = client.post("/api-keys/", {"name": "backup"})

    key = ApiKey.objects.get(name="backup")
    assert f"cpk_{key.key_id}_" in words(made)
    assert "shown this once" in words(made)
    assert made["Cache-Control"] == "no-store"
    assert "shown this once" not in words(client.get("/api-keys/"))
    twice = client.post("/api-keys/", {"name": "backup"})
    assert twice.status_code == 422
    assert 'id="id_name_error"' in words(twice)


def test_the_keys_of_others_do_not_exist(visit: Visit, tenant: Actor, other_tenant: Actor) -> None:
    visit(tenant).post("/api-keys/", {"name": "backup"})
    key = ApiKey.objects.get(name="backup")

    assert visit(other_tenant).post(f"/api-keys/{key.uuid}/delete/").status_code == 404
    assert ApiKey.objects.exists()


def test_a_template_is_uploaded(visit: Visit, tenant: Actor, cloud: Cloud) -> None:
    file = SimpleUploadedFile("disk.img", factories.raw_image().getvalue())
    form = {"zone": cloud.zone.uuid, "name": "mine", "format": "raw", "os_type": "Linux", "file": file}

    answer = visit(tenant).post("/templates/new/", form)

    template = Template.objects.get(name="mine")
    assert answer["Location"] == f"/templates/{template.uuid}/"
    assert not template.is_public


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"url": ""}, "url"), ({"url": "ftp://example.com/a"}, "url"), ({"checksum": "md5:1"}, "checksum")],
)
def test_a_bad_template_is_refused_beside_its_field(
    visit: Visit, tenant: Actor, cloud: Cloud, changes: dict[str, Any], field: str
) -> None:
    good = {
        "zone": cloud.zone.uuid,
        "name": "mine",
        "format": "raw",
        "os_type": "Linux",
        "url": "https://example.com/a",
    }

    answer = visit(tenant).post("/templates/new/", good | changes)

    assert answer.status_code == 422
    assert f'id="id_{field}_error"' in words(answer)
    assert not Template.objects.filter(name="mine").exists()


def test_a_tenant_can_not_publish_to_everybody(visit: Visit, tenant: Actor, cloud: Cloud) -> None:
    form = {
        "zone": cloud.zone.uuid,
        "name": "mine",
        "format": "raw",
        "os_type": "Linux",
        "url": "https://example.com/a",
    }

    visit(tenant).post("/templates/new/", form | {"is_public": "on"})

    assert not Template.objects.get(name="mine").is_public


def test_the_drawer_shows_the_own_jobs_and_cancels_them(visit: Visit, tenant: Actor, cloud: Cloud) -> None:
    job = factories.deployment(tenant, cloud, name="web-1")
    client = visit(tenant)

    drawer = words(client.get("/jobs/drawer/", headers=htmx("dock-content")))
    assert f'data-job="{job.uuid}"' in drawer
    assert "<!doctype html>" not in drawer
    assert "<!doctype html>" in words(client.get("/jobs/drawer/"))
    assert client.post(f"/jobs/{job.uuid}/cancel/", headers=htmx("dialog-body")).status_code == 204
    job.refresh_from_db()
    assert job.cancel_requested


def test_a_job_tells_why_it_failed(visit: Visit, tenant: Actor, cloud: Cloud) -> None:
    job = factories.deployment(tenant, cloud, name="web-1")
    Job.objects.filter(pk=job.pk).update(state="failed", error="The disk was full.")

    page = words(visit(tenant).get(f"/jobs/{job.uuid}/"))

    assert "The disk was full." in page
    assert "Create the root disk" in page


def test_usage_has_a_chart_a_table_and_exports(visit: Visit, tenant: Actor, cloud: Cloud) -> None:
    factories.instance(tenant, cloud)

    page = words(visit(tenant).get("/usage/"))

    assert "/api/v1/usage/export/?format=csv" in page
    assert 'class="chart"' in page
    assert "<!doctype html>" not in words(visit(tenant).get("/usage/", headers=htmx("results")))


def test_usage_links_what_is_there_and_names_what_is_gone(
    visit: Visit, tenant: Actor, cloud: Cloud, run_jobs: RunJobs
) -> None:
    gone, there = (factories.instance(tenant, cloud, name=name) for name in ("gone", "there"))
    destroy_instance(tenant, instance=gone)
    run_jobs()
    expunge_instance(tenant, instance=gone)
    run_jobs()
    fold_waiting()
    client = visit(tenant)

    page = words(client.get("/usage/"))

    assert ">gone<" in page
    assert f"/instances/{gone.uuid}/" not in page
    links = set(re.findall(r'href="(/(?:instances|volumes|networks|templates)/[0-9a-f-]{36}/)"', page))
    assert f"/instances/{there.uuid}/" in links
    assert {client.get(link).status_code for link in links} == {200}


@pytest.mark.parametrize("query", ["start=nonsense", "start=2026-05-01&end=2026-04-01", "account=nonsense"])
def test_a_bad_period_is_answered_with_words(visit: Visit, tenant: Actor, query: str) -> None:
    answer = visit(tenant).get(f"/usage/?{query}")

    assert 'role="alert"' in words(answer)


def test_a_key_is_narrowed_rotated_and_disabled(visit: Visit, tenant: Actor) -> None:
    client = visit(tenant)
    form = {"name": "ci", "preset": "read", "networks": "192.0.2.0/24\n2001:db8::/32", "expires_at": "2099-01-01T10:00"}

    assert "shown this once" in words(client.post("/api-keys/", form))

    key = ApiKey.objects.get(name="ci")
    assert "compute.view" in key.permissions
    assert "compute.manage" not in key.permissions
    page = words(client.get("/api-keys/"))
    assert "Read only" in page
    assert "192.0.2.0/24" in page
    edit = f"/api-keys/{key.uuid}/edit/"
    assert "2099-01-01T10:00" in words(client.get(edit))
    assert client.post(edit, {"name": "ci", "preset": "chosen"}).status_code == 422
    client.post(edit, {"name": "ci", "preset": "chosen", "permissions": ["jobs.view"]})
    rotated = client.post(f"/api-keys/{key.uuid}/rotate/", {"grace_hours": "24"})
    assert f"cpk_{key.key_id}_" in words(rotated)
    assert rotated["Cache-Control"] == "no-store"
    client.post(f"/api-keys/{key.uuid}/switch/")
    key.refresh_from_db()
    assert (key.permissions, key.networks, key.is_enabled) == (["jobs.view"], [], False)
    assert "Enable" in words(client.get(f"/api-keys/{key.uuid}/switch/"))

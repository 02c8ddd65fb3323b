"""What engines say names hosts, addresses and paths: operators read it, tenants don't, wherever they look."""

from __future__ import annotations

import pytest

from cloudportal.core.driver_errors import Fatal, Retryable
from cloudportal.jobs.models import Job
from cloudportal.jobs.services import start
from compute.models import Instance
from compute.workflows import RECONCILE
from tenants.actor import SYSTEM, Actor
from tests import factories
from tests.api.client import Api
from tests.conftest import RunJobs
from tests.factories import Cloud
from tests.web.conftest import Visit, words


def test_a_tenant_reads_why_a_job_failed_and_not_where(
    visit: Visit, tenant: Actor, operator: Actor, cloud: Cloud, run_jobs: RunJobs
) -> None:
    job = factories.deployment(tenant, cloud)
    host = Instance.objects.get(uuid=job.resource_uuid).host.name
    cloud.world.kill_host(host)
    run_jobs()

    pages = [f"/jobs/{job.uuid}/", "/jobs/", "/jobs/drawer/", f"/instances/{job.resource_uuid}/", "/events/"]
    seen = [words(visit(tenant).get(page)) for page in pages]
    api = Api(tenant)
    seen += [api.get(path).content.decode() for path in ("jobs/", f"jobs/{job.uuid}/", "events/", "instances/")]

    assert "The simulated host does not answer." in seen[0]
    assert not [text for text in seen if host in text or str(cloud.world.path) in text]
    assert f"Define the machine on its host: {host}" in words(visit(operator).get(pages[0]))


def test_a_tenant_reads_what_was_repaired_and_not_where(
    visit: Visit, tenant: Actor, operator: Actor, cloud: Cloud, run_jobs: RunJobs
) -> None:
    instance = factories.instance(tenant, cloud)
    cloud.world.power_off_inside(instance.uuid)
    start(SYSTEM, RECONCILE)
    run_jobs()
    page = f"/jobs/{Job.objects.get(kind='compute.repair_instance').uuid}/"

    assert "Rule 1: its host says stopped; it is Stopped now." in words(visit(tenant).get(page))
    assert instance.host.name not in words(visit(tenant).get(page))
    assert f"The host was {instance.host.name}." in words(visit(operator).get(page))


@pytest.mark.parametrize("kind", [Fatal, Retryable])
def test_an_error_says_all_of_it_to_whoever_catches_it(kind: type[Fatal]) -> None:
    error = kind("Power on: the engine refused.", "kvm7: no such file /srv/pool")

    assert str(error) == "Power on: the engine refused. (kvm7: no such file /srv/pool)"
    assert error.message == "Power on: the engine refused."

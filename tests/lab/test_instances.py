"""Instances on real hosts: what the portal says is what libvirt, OVN and the disks say, whoever dies."""

from __future__ import annotations

import pytest

from cloudportal.jobs import failpoints
from cloudportal.jobs.services import cancel
from compute.models import Instance
from compute.services.instances import (
    destroy_instance,
    expunge_instance,
    reboot_instance,
    start_instance,
    stop_instance,
)
from compute.workflows.reconcile import wrong_counters
from tenants.actor import Actor
from tests import factories
from tests.conftest import RunJobs
from tests.crashes import dying_at
from tests.factories import finished
from tests.lab.conftest import RealCloud

pytestmark = [pytest.mark.lab, pytest.mark.slow]

DEPLOY, EXPUNGE = "compute.deploy_instance", "compute.expunge_instance"


def test_the_whole_life_of_a_real_instance(tenant: Actor, real_cloud: RealCloud) -> None:
    instance = factories.instance(tenant, real_cloud)
    uuid = str(instance.uuid)
    assert real_cloud.machines() == {uuid: instance.host.name}

    finished(reboot_instance(tenant, instance=instance))
    assert real_cloud.machines()[uuid]
    finished(stop_instance(tenant, instance=instance, force=True))
    assert real_cloud.machines() == {uuid: ""}
    finished(start_instance(tenant, instance=instance))
    assert real_cloud.machines()[uuid]
    finished(destroy_instance(tenant, instance=instance))
    assert real_cloud.machines() == {uuid: ""}
    finished(expunge_instance(tenant, instance=instance))
    assert_nothing_real_left(real_cloud)


@pytest.mark.parametrize(
    "point", [f"{DEPLOY}/create_root_disk/acted", f"{DEPLOY}/define/acted", f"{DEPLOY}/power_on/acted"]
)
def test_a_real_deployment_survives_a_death(
    tenant: Actor, real_cloud: RealCloud, run_jobs: RunJobs, point: str
) -> None:
    with dying_at(point) as deaths:
        job = factories.deployment(tenant, real_cloud)
        run_jobs()

    instance = Instance.objects.get(uuid=job.resource_uuid)
    assert deaths
    assert instance.state == "Running"
    assert real_cloud.machines() == {str(instance.uuid): instance.host.name}
    assert len(real_cloud.ports()) == 1
    finished(destroy_instance(tenant, instance=instance))
    finished(expunge_instance(tenant, instance=instance))
    assert_nothing_real_left(real_cloud)


def test_a_real_deployment_that_is_cancelled_leaves_nothing(
    tenant: Actor, real_cloud: RealCloud, run_jobs: RunJobs
) -> None:
    job = factories.deployment(tenant, real_cloud)

    def cancel_when_defined(point: str) -> None:
        if point == f"{DEPLOY}/define/done":
            cancel(tenant, job)

    failpoints.handle_with(cancel_when_defined)
    run_jobs()

    job.refresh_from_db()
    assert job.state == "cancelled"
    assert Instance.objects.get(uuid=job.resource_uuid).state == "Error"
    assert_nothing_real_left(real_cloud)


@pytest.mark.parametrize("point", [f"{EXPUNGE}/remove_definition/acted", f"{EXPUNGE}/delete_disks/acted"])
def test_a_real_deletion_survives_a_death(tenant: Actor, real_cloud: RealCloud, run_jobs: RunJobs, point: str) -> None:
    instance = factories.instance(tenant, real_cloud)
    with dying_at(point) as deaths:
        destroy_instance(tenant, instance=instance)
        run_jobs()
        expunge_instance(tenant, instance=instance)
        run_jobs()

    assert deaths
    assert_nothing_real_left(real_cloud)


def assert_nothing_real_left(cloud: RealCloud) -> None:
    assert cloud.machines() == {}
    assert cloud.disks() == []
    assert cloud.ports() == []
    assert wrong_counters() == []

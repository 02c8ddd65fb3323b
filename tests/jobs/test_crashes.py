"""The worker dies between any two writes of a workflow, and nothing is left over or done twice."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from django.db import OperationalError

from cloudportal.infrastructure.drivers.simulator import FaultKind
from cloudportal.jobs import engine
from cloudportal.jobs.models import Job
from cloudportal.jobs.services import start
from compute.models import Instance
from compute.services.instances import destroy_instance, expunge_instance, start_instance, stop_instance
from compute.workflows import (
    DEPLOY_INSTANCE,
    DESTROY_INSTANCE,
    EXPUNGE_INSTANCE,
    RECONCILE,
    START_INSTANCE,
    STOP_INSTANCE,
)
from network.models import Network
from network.services.networks import create_network, delete_network
from network.workflows import CREATE_NETWORK, DELETE_NETWORK
from storage.workflows import COPY_TEMPLATE
from tenants.actor import SYSTEM, Actor
from tenants.models import Account
from tests import factories
from tests.conftest import RunJobs
from tests.crashes import crash_points, dying_at, leases_run_out, undo_points
from tests.factories import Cloud
from tests.invariants import assert_everything_agrees, assert_nothing_left_over


@pytest.mark.parametrize("point", crash_points(CREATE_NETWORK, COPY_TEMPLATE, DEPLOY_INSTANCE))
def test_a_deployment_survives_a_death_anywhere(tenant: Actor, cloud: Cloud, run_jobs: RunJobs, point: str) -> None:
    with dying_at(point) as deaths:
        job = factories.deployment(tenant, cloud, on=_network_in_the_making(tenant, cloud))
        run_jobs()

    assert deaths
    assert Job.objects.get(pk=job.pk).state == "succeeded"
    assert Instance.objects.get(uuid=job.resource_uuid).state == "Running"
    assert_everything_agrees(cloud)


def _network_in_the_making(tenant: Actor, cloud: Cloud) -> Network:
    """The deployment has to wait for it."""
    owner = Account.objects.get(pk=tenant.account_id)
    return create_network(tenant, account=owner, zone=cloud.zone, name="net", cidr="10.1.0.0/24").resource


@pytest.mark.parametrize("point", undo_points(DEPLOY_INSTANCE))
def test_a_deployment_that_fails_is_taken_back_through_a_death(
    tenant: Actor, cloud: Cloud, run_jobs: RunJobs, point: str
) -> None:
    cloud.world.inject("start_instance", FaultKind.FATAL, times=1)
    with dying_at(point) as deaths:
        job = factories.deployment(tenant, cloud)
        run_jobs()

    assert deaths
    job.refresh_from_db()
    assert (job.state, job.error_code) == ("failed", "engine-refused")
    assert Instance.objects.get(uuid=job.resource_uuid).state == "Error"
    assert_nothing_left_over(cloud)


@pytest.mark.parametrize("point", crash_points(STOP_INSTANCE, START_INSTANCE))
def test_stop_and_start_survive_a_death_anywhere(tenant: Actor, cloud: Cloud, run_jobs: RunJobs, point: str) -> None:
    instance = factories.instance(tenant, cloud)
    with dying_at(point) as deaths:
        stop_instance(tenant, instance=instance)
        run_jobs()
        start_instance(tenant, instance=instance)
        run_jobs()

    assert deaths
    instance.refresh_from_db()
    assert instance.state == "Running"
    assert_everything_agrees(cloud)


@pytest.mark.parametrize("point", crash_points(DESTROY_INSTANCE, EXPUNGE_INSTANCE, DELETE_NETWORK))
def test_a_deletion_survives_a_death_anywhere(tenant: Actor, cloud: Cloud, run_jobs: RunJobs, point: str) -> None:
    instance = factories.instance(tenant, cloud)
    network = instance.nics.get().network
    with dying_at(point) as deaths:
        destroy_instance(tenant, instance=instance)
        run_jobs()
        expunge_instance(tenant, instance=instance)
        run_jobs()
        delete_network(tenant, network=network)
        run_jobs()

    assert deaths
    instance.refresh_from_db()
    assert (instance.state, Network.objects.get(pk=network.pk).state) == ("Expunged", "Destroyed")
    assert_nothing_left_over(cloud)
    assert cloud.world.networks() == frozenset()


def test_a_job_that_kills_every_worker_is_taken_back(tenant: Actor, cloud: Cloud, run_jobs: RunJobs) -> None:
    with dying_at("compute.deploy_instance/define/acted", times=100) as deaths:
        job = factories.deployment(tenant, cloud)
        run_jobs()

    job.refresh_from_db()
    assert (job.state, job.error_code) == ("failed", "worker-died")
    assert len(deaths) == 4
    assert_nothing_left_over(cloud)


def test_an_undo_that_kills_every_worker_is_passed_over(tenant: Actor, cloud: Cloud, run_jobs: RunJobs) -> None:
    cloud.world.inject("start_instance", FaultKind.FATAL, times=1)
    with dying_at("compute.deploy_instance/define/undo", times=100) as deaths:
        job = factories.deployment(tenant, cloud)
        run_jobs()

    job.refresh_from_db()
    assert (job.state, len(deaths)) == ("failed", 4)
    assert cloud.world.volumes() == {}, "the others still ran"
    start(SYSTEM, RECONCILE)
    run_jobs()
    assert_nothing_left_over(cloud)


@pytest.mark.parametrize("change", [{"kind": "compute.forgotten"}, {"resource_id": 0}])
def test_a_job_that_nobody_can_end_ends(tenant: Actor, cloud: Cloud, change: dict[str, Any]) -> None:
    instance = factories.instance(tenant, cloud)
    job = stop_instance(tenant, instance=instance)
    Job.objects.filter(pk=job.pk).update(**change)

    for _ in range(30):
        with suppress(KeyError, AttributeError):
            engine.run(job.pk)
        leases_run_out()

    job.refresh_from_db()
    assert (job.state, job.error != "") == ("failed", True)


def test_a_deadlock_turns_no_job_back(
    tenant: Actor, cloud: Cloud, run_jobs: RunJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    struck: list[str] = []

    def striking_once(what: str, work: Any) -> Any:
        def strike(run: Any) -> Any:
            if what not in struck:
                struck.append(what)
                raise OperationalError("deadlock detected")
            return work(run)

        return strike

    step = next(step for step in DEPLOY_INSTANCE.steps if step.name == "define")
    monkeypatch.setattr(step, "do", striking_once("step", step.do))
    monkeypatch.setattr(DEPLOY_INSTANCE, "finish_function", striking_once("finish", DEPLOY_INSTANCE.finish_function))
    job = factories.deployment(tenant, cloud)
    for _ in range(2):
        with pytest.raises(OperationalError):
            run_jobs()
        leases_run_out()
    run_jobs()

    assert struck == ["step", "finish"]
    assert Job.objects.get(pk=job.pk).state == "succeeded"
    assert_everything_agrees(cloud)


def test_the_check_notices_an_undo_that_is_left_out(
    tenant: Actor, cloud: Cloud, run_jobs: RunJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: without one undo, the invariants above must fail."""
    step = next(step for step in DEPLOY_INSTANCE.steps if step.name == "create_root_disk")
    monkeypatch.setattr(step, "undo_function", None)
    cloud.world.inject("start_instance", FaultKind.FATAL, times=1)
    factories.deployment(tenant, cloud)
    run_jobs()

    with pytest.raises(AssertionError):
        assert_nothing_left_over(cloud)

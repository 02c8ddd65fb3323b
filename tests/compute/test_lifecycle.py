"""The life of an instance: what each operation makes of its state, its host, its usage and the machine itself."""

from __future__ import annotations

from datetime import timedelta
from itertools import product

import pytest
from django.conf import settings

from cloudportal.core import clock
from cloudportal.core.errors import CapacityExhausted, Conflict, InvalidInput, NotFound
from cloudportal.core.models import Event, UsageEvent
from cloudportal.infrastructure.models import Host
from cloudportal.infrastructure.services.clusters import create_cluster
from cloudportal.jobs import services as jobs
from cloudportal.jobs.models import Job, JobStep
from compute.models import Instance
from compute.services.hosts import add_host, remove_host, update_host, update_host_state
from compute.services.instances import (
    destroy_instance,
    expunge_instance,
    reboot_instance,
    recover_instance,
    start_instance,
    stop_instance,
)
from compute.settings import EXPUNGE_DELAY, STOP_GRACE
from compute.states import INSTANCE
from compute.workflows import EMPTY_RECYCLE_BIN
from tenants.actor import SYSTEM, Actor
from tenants.services.settings import change_setting
from tests import factories
from tests.conftest import RunJobs
from tests.factories import Cloud
from tests.invariants import assert_everything_agrees, assert_nothing_left_over

OPERATIONS = {
    "start": start_instance,
    "stop": stop_instance,
    "reboot": reboot_instance,
    "destroy": destroy_instance,
    "recover": recover_instance,
    "expunge": expunge_instance,
}


def test_the_whole_life_of_an_instance(tenant: Actor, cloud: Cloud, run_jobs: RunJobs) -> None:
    instance = factories.instance(tenant, cloud)
    assert (_state(instance), _held(cloud), _metered(instance)) == ("Running", 1, {"allocated", "running"})

    stop_instance(tenant, instance=instance)
    assert _state(instance) == "Stopping"
    run_jobs()
    assert (_state(instance), _held(cloud), _metered(instance)) == ("Stopped", 0, {"allocated"})
    assert cloud.world.instances()[instance.uuid].state == "stopped"

    start_instance(tenant, instance=instance)
    assert (_state(instance), _held(cloud)) == ("Starting", 1)
    run_jobs()
    assert (_state(instance), _metered(instance)) == ("Running", {"allocated", "running"})

    reboot_instance(tenant, instance=instance)
    run_jobs()
    assert _state(instance) == "Running"

    destroy_instance(tenant, instance=instance)
    run_jobs()
    assert (_state(instance), _held(cloud), _metered(instance)) == ("Destroyed", 0, {"allocated"})
    assert_everything_agrees(cloud)

    recover_instance(tenant, instance=instance)
    assert (_state(instance), instance.destroyed_at) == ("Stopped", None)
    start_instance(tenant, instance=instance)
    run_jobs()
    assert _state(instance) == "Running"

    destroy_instance(tenant, instance=instance)
    run_jobs()
    expunge_instance(tenant, instance=instance)
    run_jobs()
    assert (_state(instance), _held(cloud), _metered(instance)) == ("Expunged", 0, set())
    assert_nothing_left_over(cloud)
    factories.instance(tenant, cloud, name=instance.name)


def test_an_operation_starts_from_its_states_alone(tenant: Actor, cloud: Cloud) -> None:
    instance = _in_no_job(tenant, cloud)
    for (name, operation), state in product(OPERATIONS.items(), INSTANCE.states):
        _put_into(instance, state)
        if name in INSTANCE.allowed(state):
            operation(tenant, instance=instance)
            Job.objects.filter(resource_uuid=instance.uuid).delete()
            continue
        with pytest.raises(Conflict) as refusal:
            operation(tenant, instance=instance)
        assert refusal.value.details["state"] == state == _state(instance)
        assert not Job.objects.filter(resource_uuid=instance.uuid).exists()


def test_a_stranger_finds_no_instance(tenant: Actor, other_tenant: Actor, cloud: Cloud) -> None:
    instance = _in_no_job(tenant, cloud)
    for operation in OPERATIONS.values():
        with pytest.raises(NotFound):
            operation(other_tenant, instance=instance)
    assert not Job.objects.filter(resource_uuid=instance.uuid).exists()


def test_a_deaf_guest_is_asked_and_then_forced(tenant: Actor, cloud: Cloud, run_jobs: RunJobs) -> None:
    instance = factories.instance(tenant, cloud)
    cloud.world.ignore_power_button(instance.uuid)
    job = stop_instance(tenant, instance=instance)
    with pytest.raises(AssertionError, match="do not end"):
        run_jobs()
    assert (_state(instance), cloud.world.instances()[instance.uuid].state) == ("Stopping", "running")

    JobStep.objects.filter(job=job, name="ask").update(started_at=clock.now() - timedelta(seconds=61))
    run_jobs()

    assert _state(instance) == "Stopped"
    assert job.log.get().message == "The guest did not shut down in 60 seconds."
    assert_everything_agrees(cloud)


def test_forced_it_is_not_asked(tenant: Actor, cloud: Cloud, run_jobs: RunJobs) -> None:
    instance = factories.instance(tenant, cloud)
    cloud.world.ignore_power_button(instance.uuid)

    stop_instance(tenant, instance=instance, force=True)
    run_jobs()

    assert _state(instance) == "Stopped"


def test_started_elsewhere_it_moves_with_its_definition(tenant: Actor, cloud: Cloud, run_jobs: RunJobs) -> None:
    instance = _stopped(tenant, cloud, run_jobs)
    home = instance.last_host
    update_host_state(SYSTEM, host=home, resource_state="Maintenance")

    start_instance(tenant, instance=instance)
    run_jobs()

    instance.refresh_from_db()
    assert instance.state == "Running"
    assert instance.host == instance.last_host != home
    assert_everything_agrees(cloud)


def test_a_start_that_fails_knows_where_the_definition_is(tenant: Actor, cloud: Cloud, run_jobs: RunJobs) -> None:
    """The old host does not answer, so its definition can't be removed: it must be remembered there."""
    instance = _stopped(tenant, cloud, run_jobs)
    home = instance.last_host
    update_host_state(SYSTEM, host=home, resource_state="Maintenance")
    cloud.world.kill_host(home.name)

    for _ in range(2):
        start_instance(tenant, instance=instance)
        run_jobs()

        instance.refresh_from_db()
        assert (instance.state, instance.host, instance.last_host) == ("Stopped", None, home)
        assert instance.error == "The simulated host does not answer."
        assert cloud.world.hosts_of(instance.uuid) == [home.name]
        assert_everything_agrees(cloud)


def test_a_start_that_moved_and_then_failed_is_remembered_at_its_new_host(
    tenant: Actor, cloud: Cloud, run_jobs: RunJobs
) -> None:
    instance = _stopped(tenant, cloud, run_jobs)
    home = instance.last_host
    update_host_state(SYSTEM, host=home, resource_state="Maintenance")
    cloud.world.inject("start_instance", "fatal")

    start_instance(tenant, instance=instance)
    run_jobs()

    instance.refresh_from_db()
    assert instance.state == "Stopped"
    assert cloud.world.hosts_of(instance.uuid) == [instance.last_host.name] != [home.name]
    assert_everything_agrees(cloud)


def test_there_may_be_no_room_to_start_again(tenant: Actor, cloud: Cloud, run_jobs: RunJobs) -> None:
    instance = _stopped(tenant, cloud, run_jobs)
    Host.objects.update(cpus_used=8)

    with pytest.raises(CapacityExhausted, match="none is left with enough CPUs"):
        start_instance(tenant, instance=instance)

    assert _state(instance) == "Stopped"


def test_a_destroy_that_fails_keeps_its_room_and_may_be_tried_again(
    tenant: Actor, cloud: Cloud, run_jobs: RunJobs
) -> None:
    """Nobody knows whether the instance still runs, so its room must not go to another."""
    instance = factories.instance(tenant, cloud)
    cloud.world.isolate_host(instance.host.name)
    destroy_instance(tenant, instance=instance)
    run_jobs()
    assert (_state(instance), _held(cloud)) == ("Stopping", 1)

    cloud.world.revive_host(instance.host.name)
    destroy_instance(tenant, instance=instance)
    run_jobs()

    assert (_state(instance), _held(cloud)) == ("Destroyed", 0)
    assert_everything_agrees(cloud)


def test_an_expunge_that_fails_may_be_tried_again(tenant: Actor, cloud: Cloud, run_jobs: RunJobs) -> None:
    instance = _stopped(tenant, cloud, run_jobs)
    cloud.world.inject("delete_volume", "fatal")
    expunge_instance(tenant, instance=instance)
    run_jobs()
    assert _state(instance) == "Expunging"

    expunge_instance(tenant, instance=instance)
    run_jobs()

    assert_nothing_left_over(cloud)


def test_an_expunge_that_failed_is_tried_again_after_an_hour(tenant: Actor, cloud: Cloud, run_jobs: RunJobs) -> None:
    instance = _stopped(tenant, cloud, run_jobs)
    cloud.world.inject("delete_volume", "fatal")
    failed = expunge_instance(tenant, instance=instance)
    run_jobs()

    jobs.start(SYSTEM, EMPTY_RECYCLE_BIN)
    run_jobs()
    assert _state(instance) == "Expunging", "too early"
    Job.objects.filter(pk=failed.pk).update(finished_at=clock.now() - timedelta(hours=1))
    jobs.start(SYSTEM, EMPTY_RECYCLE_BIN)
    run_jobs()

    assert _state(instance) == "Expunged"
    assert_nothing_left_over(cloud)


def test_the_recycle_bin_is_emptied_when_its_time_has_come(tenant: Actor, cloud: Cloud, run_jobs: RunJobs) -> None:
    old, young = factories.instance(tenant, cloud), factories.instance(tenant, cloud)
    for instance in (old, young):
        destroy_instance(tenant, instance=instance)
    run_jobs()
    long_ago = clock.now() - timedelta(seconds=settings.EXPUNGE_DELAY_SECONDS + 1)
    Instance.objects.filter(pk=old.pk).update(destroyed_at=long_ago)

    jobs.start(SYSTEM, EMPTY_RECYCLE_BIN)
    run_jobs()

    assert (_state(old), _state(young)) == ("Expunged", "Destroyed")
    assert_everything_agrees(cloud)


def test_each_account_has_its_own_time_in_the_recycle_bin(
    tenant: Actor, other_tenant: Actor, cloud: Cloud, run_jobs: RunJobs
) -> None:
    hasty, patient = factories.instance(tenant, cloud), factories.instance(other_tenant, cloud)
    for actor, instance in ((tenant, hasty), (other_tenant, patient)):
        destroy_instance(actor, instance=instance)
    run_jobs()
    change_setting(SYSTEM, setting=EXPUNGE_DELAY, value=0, place=hasty.account)

    jobs.start(SYSTEM, EMPTY_RECYCLE_BIN)
    run_jobs()

    assert (_state(hasty), _state(patient)) == ("Expunged", "Destroyed")


def test_a_guest_has_the_time_that_its_account_gives_it(tenant: Actor, cloud: Cloud, run_jobs: RunJobs) -> None:
    instance = factories.instance(tenant, cloud)
    cloud.world.ignore_power_button(instance.uuid)
    change_setting(SYSTEM, setting=STOP_GRACE, value=40, place=instance.account)
    job = stop_instance(tenant, instance=instance)
    with pytest.raises(AssertionError, match="do not end"):
        run_jobs()
    JobStep.objects.filter(job=job, name="ask").update(started_at=clock.now() - timedelta(seconds=41))

    run_jobs()

    assert _state(instance) == "Stopped"
    assert job.log.get().message == "The guest did not shut down in 40 seconds."


def test_a_host_stays_of_its_clusters_kind(cloud: Cloud) -> None:
    host = cloud.hosts()[0]

    with pytest.raises(InvalidInput, match="begins with simulator"):
        update_host(SYSTEM, host=host, url="test:///default")

    assert cloud.hosts()[0].url == host.url


def test_libvirts_test_driver_is_no_host(cloud: Cloud) -> None:
    """It answers as a host with CPUs and memory would, and nothing runs there."""
    kvm = create_cluster(SYSTEM, pod=cloud.cluster.pod, name="kvm", hypervisor="kvm")

    for url in ("test:///default", "test+tcp://kvm1.example/default"):
        with pytest.raises(InvalidInput) as refusal:
            add_host(SYSTEM, cluster=kvm, name="pretence", url=url)
        assert list(refusal.value.errors) == ["url"]
    with pytest.raises(InvalidInput) as refusal:
        add_host(SYSTEM, cluster=kvm, name="pretence", url="test:///default")

    assert "libvirt's test driver runs no machines" in str(refusal.value.errors["url"])
    assert not kvm.hosts.exists()


def test_a_host_that_is_there_already_can_be_disabled_whatever_its_url(cloud: Cloud) -> None:
    host = cloud.hosts()[0]
    Host.objects.filter(pk=host.pk).update(url="test:///default")
    host.refresh_from_db()

    update_host(SYSTEM, host=host, resource_state="Disabled")

    assert not Host.objects.get(pk=host.pk).is_schedulable


def test_a_host_with_instances_is_not_forgotten(tenant: Actor, cloud: Cloud, run_jobs: RunJobs) -> None:
    instance = _stopped(tenant, cloud, run_jobs)
    with pytest.raises(Conflict, match="still has instances"):
        remove_host(SYSTEM, host=instance.last_host)
    empty = next(host for host in cloud.hosts() if host != instance.last_host)
    remove_host(SYSTEM, host=empty)
    assert cloud.hosts() == [instance.last_host]


def test_a_host_whose_instances_are_expunged_is_forgotten(tenant: Actor, cloud: Cloud, run_jobs: RunJobs) -> None:
    instance = _stopped(tenant, cloud, run_jobs)
    home = instance.last_host
    expunge_instance(tenant, instance=instance)
    run_jobs()

    remove_host(SYSTEM, host=home)

    assert home not in cloud.hosts()


def test_the_trail_names_who_asked(tenant: Actor, cloud: Cloud, run_jobs: RunJobs) -> None:
    instance = factories.instance(tenant, cloud)
    destroy_instance(tenant, instance=instance)
    run_jobs()
    recover_instance(tenant, instance=instance)

    trail = Event.objects.filter(resource_uuid=instance.uuid).order_by("id")
    assert list(trail.values_list("action", flat=True)) == [
        "compute.deploy_instance.requested", "compute.deploy_instance",
        "compute.destroy_instance.requested", "compute.destroy_instance",
        "compute.recover_instance",
    ]  # fmt: skip
    assert set(trail.values_list("actor_name", "account_id")) == {(tenant.name, tenant.account_id)}


def _stopped(tenant: Actor, cloud: Cloud, run_jobs: RunJobs) -> Instance:
    instance = factories.instance(tenant, cloud)
    stop_instance(tenant, instance=instance)
    run_jobs()
    instance.refresh_from_db()
    return instance


def _in_no_job(tenant: Actor, cloud: Cloud) -> Instance:
    instance = Instance.objects.get(uuid=factories.deployment(tenant, cloud).resource_uuid)
    Job.objects.filter(resource_uuid=instance.uuid).delete()
    return instance


def _put_into(instance: Instance, state: str) -> None:
    host = instance.last_host if state in {"Running", "Starting", "Stopping"} else None
    Instance.objects.filter(pk=instance.pk).update(state=state, host=host)
    instance.refresh_from_db()


def _state(instance: Instance) -> str:
    return Instance.objects.values_list("state", flat=True).get(pk=instance.pk)


def _held(cloud: Cloud) -> int:
    return sum(host.cpus_used for host in cloud.hosts())


def _metered(instance: Instance) -> set[str]:
    meters = UsageEvent.objects.filter(resource_uuid=instance.uuid).latest("id").meters
    return {name.removeprefix("instance_") for name in meters}

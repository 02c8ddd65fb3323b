"""The world changes behind our back, and each numbered rule of the reconciler answers."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import IPv4Interface
from uuid import UUID, uuid4

from cloudportal.core import clock
from cloudportal.core.models import Event, UsageEvent
from cloudportal.infrastructure.models import Host
from cloudportal.jobs import services as jobs
from cloudportal.jobs.models import JobLog
from compute.engines import hypervisor_of
from compute.hypervisors.base import InstanceSpec
from compute.models import Instance
from compute.services.instances import destroy_instance, expunge_instance, start_instance, stop_instance
from compute.workflows import PROBE_HOSTS, RECONCILE
from network.backends.base import NetworkSpec
from network.engines import backend_of as network_of
from network.engines import public_spec
from network.models import Port
from network.services.networks import delete_network
from network.settings import RECONCILE_REMOVES
from storage.backends.base import VolumeSpec
from storage.engines import backend_of as storage_of
from storage.services.templates import delete_template
from tenants.actor import SYSTEM, Actor
from tenants.services.settings import change_setting
from tests import factories
from tests.conftest import RunJobs
from tests.factories import MIB, Cloud
from tests.invariants import assert_everything_agrees, assert_nothing_left_over


def test_nothing_is_done_where_all_agree(tenant: Actor, cloud: Cloud, run_jobs: RunJobs) -> None:
    factories.instance(tenant, cloud)
    assert _reconciled(run_jobs) == []
    assert_everything_agrees(cloud)


def test_rule_1_a_guest_that_went_down_is_stopped(tenant: Actor, cloud: Cloud, run_jobs: RunJobs) -> None:
    off, crashed, gone = (factories.instance(tenant, cloud) for _ in range(3))
    cloud.world.power_off_inside(off.uuid)
    cloud.world.crash_instance(crashed.uuid)
    cloud.world.vanish_instance(gone.uuid)

    told = _reconciled(run_jobs)

    assert len([text for text in told if text.startswith("Rule 1")]) == 3
    for instance in (off, crashed, gone):
        instance.refresh_from_db()
        assert (instance.state, instance.host, instance.power_state) == ("Stopped", None, "stopped")
        last = UsageEvent.objects.filter(resource_uuid=instance.uuid).latest("id")
        assert last.meters.keys() == {"instance_allocated"}
        start_instance(tenant, instance=instance)
    run_jobs()
    assert_everything_agrees(cloud)


def test_rule_2_what_should_be_off_is_switched_off(tenant: Actor, cloud: Cloud, run_jobs: RunJobs) -> None:
    instance = factories.instance(tenant, cloud)
    stop_instance(tenant, instance=instance)
    run_jobs()
    instance.refresh_from_db()
    hypervisor_of(instance.last_host).start_instance(instance.uuid)

    told = _reconciled(run_jobs)

    assert told == ["Rule 2: powered off on its host; it is Stopped.", f"The host was {instance.last_host}."]
    assert_everything_agrees(cloud)


def test_rule_3_a_double_is_removed_and_the_right_one_stays(tenant: Actor, cloud: Cloud, run_jobs: RunJobs) -> None:
    instance = factories.instance(tenant, cloud)
    elsewhere = next(host for host in cloud.hosts() if host != instance.host)
    hypervisor_of(elsewhere).define_instance(InstanceSpec(instance.uuid, instance.name, 1, 512, (), ()))
    hypervisor_of(elsewhere).start_instance(instance.uuid)

    told = _reconciled(run_jobs)

    assert told == ["Rule 3: removed from a host where it did not belong.", f"The host was {elsewhere}."]
    assert cloud.world.hosts_of(instance.uuid) == [instance.host.name]
    assert_everything_agrees(cloud)


def test_rule_3_an_expunged_instance_that_comes_back_is_removed(tenant: Actor, cloud: Cloud, run_jobs: RunJobs) -> None:
    """Its host was thought to have forgotten it, and was restored from a backup."""
    instance = factories.instance(tenant, cloud)
    host = instance.host
    destroy_instance(tenant, instance=instance)
    run_jobs()
    expunge_instance(tenant, instance=instance)
    run_jobs()
    hypervisor_of(host).define_instance(InstanceSpec(instance.uuid, instance.name, 1, 512, (), ()))

    _reconciled(run_jobs)

    assert_nothing_left_over(cloud)
    instance.refresh_from_db()
    assert instance.state == "Expunged"


def test_rule_4_machines_and_volumes_of_others_are_left_alone(tenant: Actor, cloud: Cloud, run_jobs: RunJobs) -> None:
    machine, volume, seed = uuid4(), uuid4(), uuid4()
    host = cloud.hosts()[0]
    hypervisor_of(host).define_instance(InstanceSpec(machine, "foreign", 1, 512, (), ()))
    hypervisor_of(host).start_instance(machine)
    storage_of(cloud.pool).create_volume(VolumeSpec(volume, MIB))
    storage_of(cloud.pool).put_seed(seed, b"")

    told = _reconciled(run_jobs)

    assert told == [
        f"Rule 4: host {host} has a machine {machine} that is not ours.",
        f"Rule 5: pool {cloud.pool} has a volume {volume} that is not ours.",
    ]
    assert cloud.world.instances()[machine].state == "running"
    assert volume in cloud.world.volumes()
    assert seed in cloud.world.seeds(cloud.pool.uuid)


def test_rules_5_to_7_what_an_undo_left_behind_is_removed(tenant: Actor, cloud: Cloud, run_jobs: RunJobs) -> None:
    net = factories.network(tenant, cloud.zone)
    for operation in ("delete_volume", "delete_port", "delete_seed"):
        cloud.world.inject(operation, "fatal")
    cloud.world.inject("start_instance", "fatal")
    factories.deployment(tenant, cloud, on=net)
    run_jobs()
    assert cloud.world.volumes()
    assert cloud.world.ports()
    delete_network(tenant, network=net)
    run_jobs()
    network_of(cloud.zone).create_network(_spec_of(cloud, net.uuid))

    told = _reconciled(run_jobs)

    assert [text[:6] for text in told] == ["Rule 5", "Rule 5", "Rule 7"]
    assert_nothing_left_over(cloud)
    assert cloud.world.networks() == frozenset()


def test_rule_7_a_network_of_somebody_else_is_left_alone(tenant: Actor, cloud: Cloud, run_jobs: RunJobs) -> None:
    foreign = uuid4()
    network_of(cloud.zone).ensure_public(public_spec(cloud.zone))
    network_of(cloud.zone).create_network(_spec_of(cloud, foreign))

    told = _reconciled(run_jobs)

    assert told == [f"Rule 7: network {foreign} is not ours."]
    assert foreign in cloud.world.networks()


def test_rule_6_only_reports_where_nothing_may_be_removed(tenant: Actor, cloud: Cloud, run_jobs: RunJobs) -> None:
    """After an older backup was restored, the port may belong to an instance that runs."""
    change_setting(SYSTEM, setting=RECONCILE_REMOVES, value=False, place=cloud.zone)
    instance = factories.instance(tenant, cloud)
    Port.objects.all().delete()

    told = _reconciled(run_jobs)

    assert [text[:6] for text in told] == ["Rule 6"]
    assert len(cloud.world.ports()) == 1
    assert instance.uuid in cloud.world.instances()


def test_rule_6_a_port_that_nobody_holds_is_deleted(tenant: Actor, cloud: Cloud, run_jobs: RunJobs) -> None:
    cloud.world.inject("delete_port", "fatal")
    cloud.world.inject("define_instance", "fatal")
    factories.deployment(tenant, cloud)
    run_jobs()
    assert len(cloud.world.ports()) == 1

    told = _reconciled(run_jobs)

    assert [text[:6] for text in told] == ["Rule 6"]
    assert_nothing_left_over(cloud)


def test_rule_8_a_network_that_the_engine_lost_is_made_again(tenant: Actor, cloud: Cloud, run_jobs: RunJobs) -> None:
    net = factories.network(tenant, cloud.zone)
    network_of(cloud.zone).delete_network(net.uuid)

    told = _reconciled(run_jobs)

    assert told == [f"Rule 8: network {net} made again; the engine had lost it."]
    assert cloud.world.networks() == {net.uuid}
    factories.instance(tenant, cloud, on=net)


def test_rule_9_a_counter_that_drifted_is_reported(tenant: Actor, cloud: Cloud, run_jobs: RunJobs) -> None:
    instance = factories.instance(tenant, cloud)
    Host.objects.filter(pk=instance.host_id).update(cpus_used=5)

    told = _reconciled(run_jobs)

    assert told == [f"Rule 9: host {instance.host}: counted 5 CPUs, 512 MiB; placed 1, 512 MiB"]
    assert JobLog.objects.get(message=told[0]).level == "error"


def test_rule_10_a_copy_goes_with_the_last_that_leans_on_it(tenant: Actor, cloud: Cloud, run_jobs: RunJobs) -> None:
    instance = factories.instance(tenant, cloud)
    delete_template(SYSTEM, template=cloud.template)
    run_jobs()
    assert _reconciled(run_jobs) == []
    assert cloud.world.templates(cloud.pool.uuid) == {cloud.template.uuid}

    expunge_now(tenant, instance, run_jobs)
    told = _reconciled(run_jobs)

    assert [text[:7] for text in told] == ["Rule 10"]
    assert cloud.world.templates(cloud.pool.uuid) == frozenset()


def test_an_instance_that_is_being_changed_waits_for_the_next_round(
    tenant: Actor, cloud: Cloud, run_jobs: RunJobs
) -> None:
    instance = factories.instance(tenant, cloud)
    double = next(host for host in cloud.hosts() if host != instance.host)
    hypervisor_of(double).define_instance(InstanceSpec(instance.uuid, instance.name, 1, 512, (), ()))
    stop_instance(tenant, instance=instance)
    job = jobs.start(SYSTEM, RECONCILE)

    factories.run_until_over(job, hurry=True)

    assert job.log.get().message == f"Instance {instance} is being changed; looked at again in the next round."
    run_jobs()
    _reconciled(run_jobs)
    assert_everything_agrees(cloud)


def test_a_host_that_does_not_answer_stops_nobody_elsewhere(tenant: Actor, cloud: Cloud, run_jobs: RunJobs) -> None:
    dead, alive = cloud.hosts()
    instances = [factories.instance(tenant, cloud) for _ in range(2)]
    down = next(instance for instance in instances if instance.host == alive)
    cloud.world.power_off_inside(down.uuid)
    cloud.world.kill_host(dead.name)

    told = _reconciled(run_jobs)

    assert told[0] == f"Host {dead}: The simulated host does not answer. ({dead.name})"
    assert told[1].startswith("Rule 1")
    down.refresh_from_db()
    assert down.state == "Stopped"


def test_a_host_that_falls_silent_is_disconnected_and_comes_back(cloud: Cloud, run_jobs: RunJobs) -> None:
    host = cloud.hosts()[0]
    cloud.world.isolate_host(host.name)
    _probe(run_jobs)
    host.refresh_from_db()
    assert (host.connection_state, host.last_error[:9]) == ("Up", "The simul"), "one lost answer is no dead host"

    Host.objects.filter(pk=host.pk).update(last_seen_at=clock.now() - timedelta(seconds=13))
    _probe(run_jobs)
    host.refresh_from_db()
    assert (host.connection_state, host.is_schedulable) == ("Disconnected", False)

    cloud.world.revive_host(host.name)
    _probe(run_jobs)
    host.refresh_from_db()
    assert (host.connection_state, host.is_schedulable, host.last_error) == ("Up", True, "")
    told = Event.objects.filter(resource_uuid=host.uuid).order_by("id").values_list("action", flat=True)
    assert list(told)[-2:] == ["compute.host_disconnected", "compute.host_connected"]


def expunge_now(tenant: Actor, instance: Instance, run_jobs: RunJobs) -> None:
    destroy_instance(tenant, instance=instance)
    run_jobs()
    expunge_instance(tenant, instance=instance)
    run_jobs()


def _probe(run_jobs: RunJobs) -> None:
    jobs.start(SYSTEM, PROBE_HOSTS)
    run_jobs()


def _reconciled(run_jobs: RunJobs) -> list[str]:
    """Run it, and what it starts; returns what it and they had to say."""
    JobLog.objects.all().delete()
    job = jobs.start(SYSTEM, RECONCILE)
    run_jobs()
    job.refresh_from_db()
    assert job.state == "succeeded", job.error
    return list(JobLog.objects.order_by("id").values_list("message", flat=True))


def _spec_of(cloud: Cloud, uuid: UUID) -> NetworkSpec:
    return NetworkSpec(
        uuid, IPv4Interface("10.1.0.1/24"), "06:00:00:00:00:01", cloud.zone.uuid, "0a:00:00:00:00:01",
        IPv4Interface("203.0.113.99/24"), (), "internal", 1442,
    )  # fmt: skip

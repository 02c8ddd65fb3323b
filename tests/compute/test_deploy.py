"""A tenant gets an instance, or hears exactly why not, and then nothing is left over."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from cloudportal.core import clock
from cloudportal.core.errors import CapacityExhausted, Conflict, InvalidInput, NotFound, PermissionDenied
from cloudportal.core.models import Event, UsageEvent
from cloudportal.infrastructure.models import Host
from cloudportal.infrastructure.services.zones import update_zone
from cloudportal.jobs import engine
from cloudportal.jobs import services as jobs
from cloudportal.jobs.models import Job
from compute.models import Instance
from compute.services.instances import deploy_instance, expunge_instance, start_instance
from compute.services.offerings import create_offering, update_offering
from compute.services.ssh_keys import create_ssh_key
from compute.workflows import RECONCILE
from network.models import Network, Port
from storage.models import StoragePool, Template
from storage.services.templates import delete_template, upload_template
from tenants.actor import SYSTEM, Actor, actor_of
from tenants.models import Account
from tests import factories
from tests.conftest import RunJobs
from tests.factories import GIB, Cloud
from tests.invariants import assert_everything_agrees, assert_nothing_left_over

ED25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJw3wZ7s5OJ5H0mTfYwYpVGVSgvyFQUXC7wYCVMvdxhB me@laptop"


def test_a_tenant_gets_a_running_instance(tenant: Actor, cloud: Cloud, run_jobs: RunJobs) -> None:
    job = factories.deployment(tenant, cloud, name="web-1")
    assert Instance.objects.get(uuid=job.resource_uuid).state == "Starting"

    run_jobs()

    instance = Instance.objects.get(uuid=job.resource_uuid)
    assert instance.state == "Running"
    machine = cloud.world.instances()[instance.uuid]
    assert machine.host == instance.host.name
    assert [step.state for step in job.steps.all()] == ["done"] * 6
    assert_everything_agrees(cloud)


def test_what_an_instance_takes_is_counted(tenant: Actor, cloud: Cloud) -> None:
    instance = factories.instance(tenant, cloud)

    host = instance.host
    assert (host.cpus_used, host.memory_used_mib) == (1, 512)
    volume = instance.attachments.get().volume
    assert (volume.state, volume.size_bytes) == ("Ready", cloud.template.size_bytes)
    assert StoragePool.objects.get(pk=cloud.pool.pk).allocated_bytes == volume.size_bytes
    usage = {event.resource_uuid: event.meters for event in UsageEvent.objects.all()}
    assert usage[instance.uuid].keys() == {"instance_allocated", "instance_running"}
    assert usage[instance.uuid]["instance_running"]["price_per_hour"] == "0.01000000"
    assert usage[volume.uuid].keys() == {"volume"}
    told = Event.objects.filter(resource_uuid=instance.uuid).order_by("id").values_list("action", "actor_name")
    assert list(told) == [("compute.deploy_instance.requested", tenant.name), ("compute.deploy_instance", tenant.name)]


def test_an_instance_carries_its_keys_name_and_user_data(tenant: Actor, cloud: Cloud) -> None:
    owner = _owner(tenant)
    key = create_ssh_key(tenant, account=owner, name="laptop", public_key=ED25519)

    instance = factories.instance(tenant, cloud, name="web-1", ssh_keys=[key], user_data="#!/bin/sh\necho hello\n")

    seed = cloud.world.seeds(cloud.pool.uuid)[instance.uuid]
    assert b"AAAAC3NzaC1lZDI1NTE5AAAAIJw3wZ7s5OJ5H0mTfYwYpVGVSgvyFQUXC7wYCVMvdxhB" in seed
    assert b"echo hello" in seed
    assert b"web-1" in seed


def test_two_networks_are_two_cards_in_their_order(tenant: Actor, cloud: Cloud) -> None:
    first = factories.network(tenant, cloud.zone, "10.1.0.0/24")
    second = factories.network(tenant, cloud.zone, "10.2.0.0/24")

    job = _deploy(tenant, cloud, networks=[second, first])
    instance = factories.finished(job).resource

    cards = [(nic.network, nic.port.is_default) for nic in instance.nics.select_related("network", "port")]
    assert cards == [(second, True), (first, False)]
    assert_everything_agrees(cloud)


def test_the_name_must_be_a_host_name(tenant: Actor, cloud: Cloud) -> None:
    for name in ("", "Web", "web_1", "-web", "web-", "w" * 64, "wéb", "web.example", "a b", "web\x00"):
        _refused(tenant, cloud, field="name", name=name)


def test_a_name_is_given_once_in_an_account(tenant: Actor, other_tenant: Actor, cloud: Cloud) -> None:
    factories.deployment(tenant, cloud, name="web")

    with pytest.raises(InvalidInput) as refusal:
        factories.deployment(tenant, cloud, name="web")

    assert refusal.value.errors == {"name": ["Another instance of this account has that name."]}
    assert Instance.objects.count() == 1
    factories.deployment(other_tenant, cloud, name="web")


@pytest.mark.parametrize(
    "user_data", ["x" * (32 * 1024 + 1), "é" * (16 * 1024 + 1), "null \x00 byte", "half \ud800 a pair"]
)
def test_user_data_must_be_short_text(tenant: Actor, cloud: Cloud, user_data: str) -> None:
    _refused(tenant, cloud, field="user_data", user_data=user_data)


def test_every_wrong_field_is_named_at_once(tenant: Actor, cloud: Cloud) -> None:
    with pytest.raises(InvalidInput) as refusal:
        _deploy(tenant, cloud, name="NO", networks=[], user_data="x" * 40_000)

    assert refusal.value.errors.keys() == {"name", "networks", "user_data"}


def test_a_disabled_zone_takes_nothing(tenant: Actor, cloud: Cloud) -> None:
    net = factories.network(tenant, cloud.zone)
    update_zone(SYSTEM, zone=cloud.zone, allocation_state="Disabled")
    _refused(tenant, cloud, field="zone", networks=[net])


def test_an_offering_that_is_withdrawn_is_refused(tenant: Actor, cloud: Cloud) -> None:
    update_offering(SYSTEM, offering=cloud.offering, is_active=False)
    _refused(tenant, cloud, field="offering")


def test_a_template_must_be_ready(tenant: Actor, cloud: Cloud) -> None:
    owner = _owner(tenant)
    job = upload_template(tenant, account=owner, zone=cloud.zone, name="mine", file=factories.raw_image(), format="raw")
    assert "is Downloading, not Ready" in _refused(tenant, cloud, field="template", template=job.resource)


def test_a_template_that_is_removed_meanwhile_is_refused(tenant: Actor, cloud: Cloud) -> None:
    seen_before = Template.objects.get(pk=cloud.template.pk)
    delete_template(SYSTEM, template=cloud.template)

    _refused(tenant, cloud, field="template", template=seen_before)


def test_a_template_must_be_of_the_zone(tenant: Actor, cloud: Cloud, tmp_path: Any) -> None:
    elsewhere = factories.cloud(cloud.world, tmp_path)
    _refused(tenant, cloud, field="template", template=elsewhere.template)


def test_foreign_networks_and_keys_are_refused(tenant: Actor, other_tenant: Actor, cloud: Cloud) -> None:
    theirs = factories.network(other_tenant, cloud.zone)
    key = create_ssh_key(other_tenant, account=_owner(other_tenant), name="laptop", public_key=ED25519)

    _refused(tenant, cloud, field="networks", networks=[theirs])
    _refused(tenant, cloud, field="ssh_keys", ssh_keys=[key])


def test_nobody_deploys_for_a_stranger(tenant: Actor, other_tenant: Actor, cloud: Cloud) -> None:
    net = factories.network(tenant, cloud.zone)

    with pytest.raises(NotFound):
        _deploy(other_tenant, cloud, account=_owner(tenant), networks=[net])
    reader = actor_of(factories.user("reader", of=_owner(tenant)))
    with pytest.raises(PermissionDenied):
        _deploy(reader, cloud, account=_owner(tenant), networks=[net])
    assert Instance.objects.count() == 0


def test_networks_are_one_to_eight_each_once_and_of_the_zone(tenant: Actor, cloud: Cloud, tmp_path: Any) -> None:
    nine = [factories.network(tenant, cloud.zone, f"10.1.{number}.0/24") for number in range(9)]
    elsewhere = factories.network(tenant, factories.cloud(cloud.world, tmp_path).zone, "10.3.0.0/24")

    _refused(tenant, cloud, field="networks", networks=[])
    _refused(tenant, cloud, field="networks", networks=nine)
    _refused(tenant, cloud, field="networks", networks=[nine[0], nine[0]])
    assert "not in zone" in _refused(tenant, cloud, field="networks", networks=[elsewhere])


@pytest.mark.parametrize(
    ("size", "culprit", "left"),
    [
        ({"cpus": 9, "memory_mib": 512}, "with enough CPUs", [2, 2, 2, 0, 0, 0]),
        ({"cpus": 1, "memory_mib": 20_000}, "with enough memory", [2, 2, 2, 2, 0, 0]),
    ],
)
def test_a_size_that_fits_nowhere_is_refused_with_the_filter_that_said_so(
    tenant: Actor, cloud: Cloud, size: dict[str, int], culprit: str, left: list[int]
) -> None:
    large = create_offering(SYSTEM, name="large", root_disk=cloud.offering.root_disk, **size)

    refusal = _full(tenant, cloud, offering=large)

    assert [row["left"] for row in refusal.details["filters"]] == left
    assert f"none is left {culprit}" in refusal.message


def test_a_full_pool_is_the_filter_that_is_named(tenant: Actor, cloud: Cloud) -> None:
    StoragePool.objects.update(capacity_bytes=1)
    refusal = _full(tenant, cloud)
    assert [row["left"] for row in refusal.details["filters"]] == [2, 2, 2, 2, 2, 0]


def test_disabled_and_silent_hosts_are_counted_apart(tenant: Actor, cloud: Cloud) -> None:
    first, second = cloud.hosts()
    Host.objects.filter(pk=first.pk).update(resource_state="Maintenance", is_schedulable=False)
    Host.objects.filter(pk=second.pk).update(connection_state="Disconnected", is_schedulable=False)

    refusal = _full(tenant, cloud)

    assert [row["left"] for row in refusal.details["filters"]] == [2, 1, 0, 0, 0, 0]
    assert "none is left connected" in refusal.message


def test_a_full_network_refuses_and_nothing_is_kept(tenant: Actor, cloud: Cloud) -> None:
    tiny = factories.network(tenant, cloud.zone, "10.9.0.0/29")
    for number in range(4):
        factories.deployment(tenant, cloud, on=tiny, name=f"vm-{number}")

    with pytest.raises(CapacityExhausted, match="has no free address"):
        factories.deployment(tenant, cloud, on=tiny, name="one-too-many")

    assert Instance.objects.count() == Port.objects.count() == 4
    assert sum(host.cpus_used for host in cloud.hosts()) == 4


def test_a_host_that_dies_makes_the_job_fail_in_words(tenant: Actor, cloud: Cloud, run_jobs: RunJobs) -> None:
    job = factories.deployment(tenant, cloud)
    instance = Instance.objects.get(uuid=job.resource_uuid)
    cloud.world.kill_host(instance.host.name)

    run_jobs()

    job.refresh_from_db()
    instance.refresh_from_db()
    assert (job.state, job.error_code, instance.state) == ("failed", "engine-unavailable", "Error")
    assert job.error == "The simulated host does not answer."
    assert instance.error == job.error
    failed = job.steps.get(state="failed")
    assert (failed.title, failed.message) == ("Define the machine on its host", job.error)
    cloud.world.revive_host(instance.last_host.name)
    assert_nothing_left_over(cloud)


def test_user_data_that_is_no_cloud_config_is_refused_at_its_field(tenant: Actor, cloud: Cloud) -> None:
    text = _refused(tenant, cloud, field="user_data", user_data="#cloud-config\nusers: [unclosed")
    assert "not valid YAML" in text


def test_a_cloud_config_that_explodes_is_refused_before_it_does(tenant: Actor, cloud: Cloud) -> None:
    """Each level merges the one before nine times: a few hundred bytes that would keep a worker busy for hours."""
    levels = [f"a{n}: &a{n}\n  <<: [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    bomb = "\n".join(["#cloud-config", "a0: &a0 {x: 1}", *levels])
    assert "too large" in _refused(tenant, cloud, field="user_data", user_data=bomb)


@pytest.mark.parametrize(
    "text", ["#cloud-config\n[1, 2]", "#cloud-config\na: &a {<<: *a}", "#cloud-config\n" + "[" * 5000]
)
def test_a_cloud_config_is_a_mapping_that_ends(tenant: Actor, cloud: Cloud, text: str) -> None:
    _refused(tenant, cloud, field="user_data", user_data=text)


def test_a_deployment_can_be_cancelled(tenant: Actor, cloud: Cloud, run_jobs: RunJobs) -> None:
    job = factories.deployment(tenant, cloud)

    jobs.cancel(tenant, job)
    run_jobs()

    job.refresh_from_db()
    assert (job.state, job.error_code) == ("cancelled", "cancelled")
    assert_nothing_left_over(cloud)


def test_a_second_change_hears_which_job_is_under_way(tenant: Actor, cloud: Cloud) -> None:
    job = factories.deployment(tenant, cloud, name="web")
    instance = Instance.objects.get(uuid=job.resource_uuid)

    with pytest.raises(Conflict) as refusal:
        start_instance(tenant, instance=instance)

    assert refusal.value.details["job"] == str(job.uuid)
    assert "“Deploy instance web” is under way" in refusal.value.message


def test_delivered_twice_it_is_done_once(tenant: Actor, cloud: Cloud, run_jobs: RunJobs) -> None:
    job = factories.deployment(tenant, cloud)
    engine.run(job.pk)
    engine.run(job.pk)
    run_jobs()
    job.refresh_from_db()
    attempts = job.attempt

    engine.run(job.pk)
    engine.run(job.pk)

    job.refresh_from_db()
    assert job.attempt == attempts
    assert list(job.steps.values_list("state", flat=True)) == ["done"] * 6
    assert UsageEvent.objects.filter(resource_uuid=job.resource_uuid).count() == 1
    assert_everything_agrees(cloud)


def test_a_failed_instance_is_expunged_without_a_trace(tenant: Actor, cloud: Cloud, run_jobs: RunJobs) -> None:
    cloud.world.inject("define_instance", "fatal")
    job = factories.deployment(tenant, cloud)
    run_jobs()

    expunge_instance(tenant, instance=job.resource)
    run_jobs()

    assert job.resource.state == "Expunged"
    assert_nothing_left_over(cloud)


def test_a_seed_that_could_not_be_taken_back_goes_with_the_next_reconciliation(
    tenant: Actor, cloud: Cloud, run_jobs: RunJobs
) -> None:
    """It holds user data, which may be secret."""
    cloud.world.inject("define_instance", "fatal")
    cloud.world.inject("delete_seed", "fatal")
    factories.deployment(tenant, cloud)
    run_jobs()
    assert len(cloud.world.seeds(cloud.pool.uuid)) == 1

    jobs.start(SYSTEM, RECONCILE)
    run_jobs()

    assert_nothing_left_over(cloud)


def test_a_root_disk_as_large_as_the_pool_fits(tenant: Actor, cloud: Cloud) -> None:
    Template.objects.update(size_bytes=GIB)
    StoragePool.objects.update(capacity_bytes=GIB)
    cloud.template.refresh_from_db()

    factories.deployment(tenant, cloud, name="fits")

    refusal = _full(tenant, cloud, name="does-not")
    assert refusal.details["filters"][-1] == {"filter": "with enough storage", "left": 0}


def test_jobs_say_how_long_they_took(tenant: Actor, cloud: Cloud) -> None:
    job = factories.finished(factories.deployment(tenant, cloud))
    assert timedelta(0) <= job.finished_at - job.started_at < timedelta(minutes=1)
    assert job.finished_at <= clock.now()


def _owner(actor: Actor) -> Account:
    return Account.objects.get(pk=actor.account_id)


def _deploy(actor: Actor, cloud: Cloud, **changes: Any) -> Job:
    fields = {
        "account": _owner(actor),
        "zone": cloud.zone,
        "name": "vm",
        "offering": cloud.offering,
        "template": cloud.template,
    } | changes
    return deploy_instance(actor, **fields)


def _refused(actor: Actor, cloud: Cloud, *, field: str, **changes: Any) -> str:
    """The one field that is wrong, its message; and nothing was made."""
    if "networks" not in changes:
        net = Network.objects.filter(account=_owner(actor)).first()
        changes["networks"] = [net or factories.network(actor, cloud.zone)]
    with pytest.raises(InvalidInput) as refusal:
        _deploy(actor, cloud, **changes)
    assert list(refusal.value.errors) == [field]
    assert Instance.objects.count() == Port.objects.count() == 0
    return refusal.value.errors[field][0]


def _full(actor: Actor, cloud: Cloud, **changes: Any) -> CapacityExhausted:
    net = Network.objects.filter(account=_owner(actor)).first() or factories.network(actor, cloud.zone)
    before = Instance.objects.count()
    with pytest.raises(CapacityExhausted) as refusal:
        _deploy(actor, cloud, **({"networks": [net]} | changes))
    assert Instance.objects.count() == Port.objects.count() == before
    return refusal.value

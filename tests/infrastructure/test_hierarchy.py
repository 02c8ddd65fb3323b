"""Zones, pods, clusters and hosts: who may be given work, and how much may be promised of them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from cloudportal.core.errors import InvalidInput, NotFound, PermissionDenied, Unreachable
from cloudportal.core.models import Event
from cloudportal.infrastructure import selectors
from cloudportal.infrastructure.models import Cluster, Host, Pod, Zone
from cloudportal.infrastructure.selectors import Capacity
from cloudportal.infrastructure.services.clusters import create_cluster, update_cluster
from cloudportal.infrastructure.services.zones import create_pod, create_zone, update_pod, update_zone
from compute.services.hosts import add_host, update_host, update_host_state
from tenants.actor import SYSTEM, Actor
from tests import factories
from tests.factories import Cloud


def test_a_host_is_asked_what_it_has(cloud: Cloud) -> None:
    host = cloud.hosts()[0]
    assert (host.cpus, host.memory_mib, host.cpu_capacity, host.memory_capacity_mib) == (8, 16_384, 8, 16_384)
    assert (host.hypervisor_name, host.connection_state, host.is_schedulable) == ("Simulator", "Up", True)


def test_overcommit_reaches_the_hosts_at_once(cloud: Cloud) -> None:
    update_cluster(SYSTEM, cluster=cloud.cluster, cpu_overcommit=Decimal("2.5"), memory_overcommit=Decimal("1.1"))
    assert {(host.cpu_capacity, host.memory_capacity_mib) for host in cloud.hosts()} == {(20, 18_022)}


@pytest.mark.parametrize(
    ("field", "used"), [("cpu_overcommit", {"cpus_used": 9}), ("memory_overcommit", {"memory_used_mib": 16_385})]
)
def test_overcommit_is_not_lowered_below_what_is_promised(cloud: Cloud, field: str, used: dict[str, int]) -> None:
    update_cluster(SYSTEM, cluster=cloud.cluster, **{field: Decimal(2)})
    Host.objects.filter(pk=cloud.hosts()[0].pk).update(**used)

    with pytest.raises(InvalidInput) as refusal:
        update_cluster(SYSTEM, cluster=cloud.cluster, **{field: Decimal(1)})

    assert list(refusal.value.errors) == [field]
    cloud.cluster.refresh_from_db()
    assert getattr(cloud.cluster, field) == 2


def test_a_factor_is_one_or_more(cloud: Cloud) -> None:
    with pytest.raises(InvalidInput, match="1 or more"):
        update_cluster(SYSTEM, cluster=cloud.cluster, cpu_overcommit=Decimal("0.5"))


def test_the_database_forbids_to_promise_more_than_there_is(cloud: Cloud) -> None:
    for used in ({"cpus_used": 9}, {"memory_used_mib": 16_385}, {"cpus_used": -1}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Host.objects.update(**used)


def test_every_level_decides_whether_hosts_are_given_work(cloud: Cloud) -> None:
    pod, host = Pod.objects.get(), cloud.hosts()[0]
    switches = [
        lambda state: update_zone(SYSTEM, zone=cloud.zone, allocation_state=state),
        lambda state: update_pod(SYSTEM, pod=pod, allocation_state=state),
        lambda state: update_cluster(SYSTEM, cluster=cloud.cluster, allocation_state=state),
        lambda state: update_host_state(SYSTEM, host=host, resource_state=state),
    ]
    for switch in switches:
        switch("Disabled")
        host.refresh_from_db()
        assert not host.is_schedulable
    for switch in switches:
        assert not Host.objects.get(pk=host.pk).is_schedulable, "each of them alone is enough"
        switch("Enabled")
    host.refresh_from_db()
    assert host.is_schedulable
    Host.objects.filter(pk=host.pk).update(connection_state="Disconnected")
    update_host_state(SYSTEM, host=host, resource_state="Enabled")
    host.refresh_from_db()
    assert not host.is_schedulable


def test_fields_of_a_zone_are_checked(cloud: Cloud) -> None:
    wrong = [
        ({"public_cidr": "203.0.113.1/24"}, "public_cidr"), ({"public_cidr": "x"}, "public_cidr"),
        ({"public_gateway": "198.51.100.1"}, "public_gateway"), ({"public_gateway": "x"}, "public_gateway"),
        ({"dns_servers": ["9.9.9.9", "dns.example"]}, "dns_servers"),
        ({"name": cloud.zone.name}, "name"), ({"name": ""}, "name"),
    ]  # fmt: skip
    for changes, field in wrong:
        fields: dict[str, Any] = {
            "name": "new", "network_url": cloud.world.url(), "public_cidr": "203.0.113.0/24",
            "public_gateway": "203.0.113.1", "dns_servers": ["9.9.9.9"],
        } | changes  # fmt: skip
        with pytest.raises(InvalidInput) as refusal:
            create_zone(SYSTEM, **fields)
        assert list(refusal.value.errors) == [field], changes
    with pytest.raises(InvalidInput):
        update_zone(SYSTEM, zone=cloud.zone, public_gateway="198.51.100.1")
    assert Zone.objects.get().public_gateway == "203.0.113.1"


def test_names_are_given_once_in_their_place(cloud: Cloud) -> None:
    pod = Pod.objects.get()
    with pytest.raises(InvalidInput):
        create_pod(SYSTEM, zone=cloud.zone, name=pod.name)
    with pytest.raises(InvalidInput):
        create_cluster(SYSTEM, pod=pod, name=cloud.cluster.name, hypervisor="simulator")
    with pytest.raises(InvalidInput) as refusal:
        create_cluster(SYSTEM, pod=pod, name="other", hypervisor="abacus")
    assert list(refusal.value.errors) == ["hypervisor"]
    assert (Pod.objects.count(), Cluster.objects.count()) == (1, 1)


def test_a_host_that_can_not_be_reached_is_not_kept(cloud: Cloud) -> None:
    """And one that is there already keeps the way by which it can be reached."""
    with pytest.raises(Unreachable, match=r"simulated host does not exist. \(nowhere\)"):
        add_host(SYSTEM, cluster=cloud.cluster, name="new", url=cloud.world.url("nowhere"))
    with pytest.raises(InvalidInput) as refusal:
        add_host(SYSTEM, cluster=cloud.cluster, name="new", url="qemu:///system")
    assert list(refusal.value.errors) == ["url"]
    with pytest.raises(InvalidInput) as refusal:
        add_host(SYSTEM, cluster=cloud.cluster, name="new", url=cloud.hosts()[0].url)
    assert list(refusal.value.errors) == ["url"]
    host = cloud.hosts()[0]
    before = host.url
    with pytest.raises(Unreachable):
        update_host(SYSTEM, host=host, url=cloud.world.url("nowhere"))
    assert cloud.hosts()[0].url == before
    assert Host.objects.count() == 2


def test_only_operators_change_the_hierarchy(tenant: Actor, cloud: Cloud) -> None:
    pod = Pod.objects.get()
    for forbidden in (
        lambda: create_zone(tenant, name="z", network_url="", public_cidr="10.0.0.0/8", public_gateway="10.0.0.1"),
        lambda: update_zone(tenant, zone=cloud.zone, name="mine"),
        lambda: create_pod(tenant, zone=cloud.zone, name="p"),
        lambda: update_pod(tenant, pod=pod, name="mine"),
        lambda: create_cluster(tenant, pod=pod, name="c", hypervisor="simulator"),
        lambda: update_cluster(tenant, cluster=cloud.cluster, name="mine"),
        lambda: add_host(tenant, cluster=cloud.cluster, name="h", url=cloud.world.url("h")),
        lambda: update_host(tenant, host=cloud.hosts()[0], name="mine"),
    ):
        with pytest.raises((PermissionDenied, NotFound)):
            forbidden()


def test_tenants_see_zones_and_nothing_below(tenant: Actor, operator: Actor, cloud: Cloud) -> None:
    assert list(selectors.zones(tenant)) == [cloud.zone]
    for read in (selectors.pods, selectors.clusters, selectors.hosts):
        assert not read(tenant).exists()
        assert read(operator).exists()
    update_zone(SYSTEM, zone=cloud.zone, allocation_state="Disabled")
    assert not selectors.zones(tenant).exists()
    assert list(selectors.zones(operator)) == [cloud.zone]


def test_capacity_is_what_is_promised_of_what_may_be(tenant: Actor, operator: Actor, cloud: Cloud) -> None:
    factories.instance(tenant, cloud)
    cpus, memory = selectors.capacity(operator, cloud.zone)
    assert (cpus.used, cpus.total, memory.used, memory.total) == (1, 16, 512, 32_768)
    assert [row.total for row in selectors.capacity(tenant)] == [0, 0]
    assert selectors.hosts_by_state(operator) == {"Up": 2}


@pytest.mark.parametrize(
    ("used", "level"), [(0, "ok"), (79, "ok"), (80, "warn"), (94, "warn"), (95, "full"), (100, "full")]
)
def test_levels_of_capacity(db: None, used: int, level: str) -> None:
    assert Capacity("CPUs", "CPUs", used, 100).level == level
    assert Capacity("CPUs", "CPUs", 0, 0).level == "ok"


def test_every_change_of_the_hierarchy_is_in_the_trail(cloud: Cloud) -> None:
    update_zone(SYSTEM, zone=cloud.zone, domain="example.internal")
    told = Event.objects.filter(resource_type__startswith="infrastructure.").order_by("id")
    assert set(told.values_list("action", flat=True)) >= {
        "infrastructure.create_zone", "infrastructure.update_zone", "infrastructure.create_pod",
        "infrastructure.create_cluster", "compute.add_host", "network.add_public_range",
    }  # fmt: skip
    assert told.last().details == {"fields": ["domain"]}

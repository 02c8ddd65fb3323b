"""An operator builds a zone, form by form."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client

from cloudportal.core.models import Event
from cloudportal.infrastructure.drivers.simulator import World
from cloudportal.infrastructure.models import Cluster, Host, Pod, Zone
from compute.models import ServiceOffering
from network.models import PublicAddress
from storage.models import DiskOffering, SecondaryStore, StoragePool
from tests.admin.pages import add, change, errors, events
from tests.factories import GIB, Cloud

ZONE = {
    "name": "Vienna", "allocation_state": "Enabled", "public_cidr": "203.0.113.0/24", "public_gateway": "203.0.113.1",
    "public_mapping": "public", "guest_mtu": 1442, "dns_servers": "9.9.9.9, 1.1.1.1", "domain": "internal",
}  # fmt: skip
CLUSTER = {
    "name": "Cluster", "hypervisor": "simulator", "allocation_state": "Enabled", "cpu_overcommit": "4",
    "memory_overcommit": "1",
}  # fmt: skip
HOST = {"name": "host-1", "virt_type": "auto", "datapath": "kernel"}


def test_an_operator_builds_a_zone(operator_client: Client, world: World, tmp_path: Path) -> None:
    world.add_host("host-1", cpus=16, memory_mib=65_536)

    assert add(operator_client, Zone, network_url=world.url(), **ZONE).status_code == 302
    zone = Zone.objects.get()
    assert zone.dns_servers == ["9.9.9.9", "1.1.1.1"]

    assert add(operator_client, Pod, zone=zone, name="Rack 1", allocation_state="Enabled").status_code == 302
    assert add(operator_client, Cluster, pod=Pod.objects.get(), **CLUSTER).status_code == 302
    cluster = Cluster.objects.get()

    assert add(operator_client, Host, cluster=cluster, url=world.url("host-1"), **HOST).status_code == 302
    host = Host.objects.get()
    assert (host.cpus, host.memory_mib, host.cpu_capacity) == (16, 65_536, 64)
    assert (host.connection_state, host.is_schedulable) == ("Up", True)

    pool = {"name": "Primary", "overprovisioning": "2", "warn_threshold": "0.8", "disable_threshold": "0.95"}
    assert add(operator_client, StoragePool, cluster=cluster, url=world.url(), path="/pool", **pool).status_code == 302
    assert StoragePool.objects.get().capacity_bytes > GIB

    assert add(operator_client, SecondaryStore, zone=zone, name="Store", path=str(tmp_path)).status_code == 302
    for action in ("create_zone", "create_pod", "create_cluster"):
        assert events(f"infrastructure.{action}") == 1
    for action in ("compute.add_host", "storage.create_pool", "storage.create_store"):
        assert events(action) == 1


def test_offerings_are_added(operator_client: Client) -> None:
    assert (
        add(operator_client, DiskOffering, name="SSD", price_per_gib_hour="0.0001", is_active=True).status_code == 302
    )
    size = {"name": "Small", "cpus": 2, "memory_mib": 2048, "price_per_hour": "0.01", "is_active": True}

    assert add(operator_client, ServiceOffering, root_disk=DiskOffering.objects.get(), **size).status_code == 302

    assert ServiceOffering.objects.get().memory_mib == 2048
    assert events("compute.create_offering") == 1


def test_a_range_of_public_addresses_is_added(operator_client: Client, cloud: Cloud) -> None:
    before = PublicAddress.objects.count()
    wanted = {"zone": cloud.zone, "first": "203.0.113.210", "last": "203.0.113.219", "price_per_hour": "0.004"}

    answer = add(operator_client, PublicAddress, **wanted)

    assert answer.status_code == 302
    assert PublicAddress.objects.count() == before + 10


@pytest.mark.parametrize(
    ("first", "last", "field"),
    [
        ("198.51.100.1", "203.0.113.9", "first"),
        ("203.0.113.220", "203.0.113.210", "last"),
        ("203.0.113.1", "203.0.113.3", "first"),
        ("here", "203.0.113.3", "first"),
    ],
)
def test_a_wrong_range_is_refused_at_the_field(
    operator_client: Client, cloud: Cloud, first: str, last: str, field: str
) -> None:
    before = PublicAddress.objects.count()

    answer = add(operator_client, PublicAddress, zone=cloud.zone, first=first, last=last, price_per_hour="0")

    assert list(errors(answer)) == [field]
    assert PublicAddress.objects.count() == before


@pytest.mark.parametrize(
    ("field", "value"),
    [("public_cidr", "nonsense"), ("public_gateway", "198.51.100.1"), ("dns_servers", "9.9.9.9, x"), ("name", "")],
)
def test_a_wrong_zone_is_refused_at_the_field(operator_client: Client, world: World, field: str, value: str) -> None:
    answer = add(operator_client, Zone, network_url=world.url(), **(ZONE | {field: value}))

    assert list(errors(answer)) == [field]
    assert not Zone.objects.exists()
    assert not Event.objects.filter(action="infrastructure.create_zone").exists()


def test_a_name_that_is_taken_is_refused_at_the_field(operator_client: Client, cloud: Cloud) -> None:
    answer = add(operator_client, Zone, network_url=cloud.world.url(), **(ZONE | {"name": cloud.zone.name}))

    assert list(errors(answer)) == ["name"]
    assert cloud.zone.name in answer.content.decode()


@pytest.mark.parametrize("factor", ["0.5", "0", "much"])
@pytest.mark.parametrize("field", ["cpu_overcommit", "memory_overcommit"])
def test_a_wrong_overcommit_is_refused_at_the_field(
    operator_client: Client, cloud: Cloud, field: str, factor: str
) -> None:
    answer = change(operator_client, cloud.cluster, **{field: factor})

    assert list(errors(answer)) == [field]
    cloud.cluster.refresh_from_db()
    assert getattr(cloud.cluster, field) == 1


def test_an_overcommit_below_what_is_promised_is_refused_at_the_field(operator_client: Client, cloud: Cloud) -> None:
    change(operator_client, cloud.cluster, cpu_overcommit="4")
    Host.objects.filter(cluster=cloud.cluster).update(cpus_used=16)

    answer = change(operator_client, cloud.cluster, cpu_overcommit="1")

    assert list(errors(answer)) == ["cpu_overcommit"]
    cloud.cluster.refresh_from_db()
    assert cloud.cluster.cpu_overcommit == 4


def test_a_change_goes_through_the_service(operator_client: Client, cloud: Cloud) -> None:
    answer = change(operator_client, cloud.cluster, cpu_overcommit="2")

    assert answer.status_code == 302
    assert {host.cpu_capacity for host in cloud.hosts()} == {16}
    event = Event.objects.get(action="infrastructure.update_cluster")
    assert event.details == {"fields": ["cpu_overcommit"]}


def test_saving_without_a_change_writes_nothing(operator_client: Client, cloud: Cloud) -> None:
    for row in (cloud.zone, cloud.cluster, cloud.pool, cloud.offering, cloud.hosts()[0]):
        before = Event.objects.count()
        assert change(operator_client, row).status_code == 302
        assert Event.objects.count() == before


def test_a_disabled_zone_takes_nothing_new(operator_client: Client, cloud: Cloud) -> None:
    change(operator_client, cloud.zone, allocation_state="Disabled")

    assert not any(host.is_schedulable for host in cloud.hosts())

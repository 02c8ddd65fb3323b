"""Networks: ranges that can't clash, addresses that nobody has twice, and nothing kept of what failed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from cloudportal.core.errors import CapacityExhausted, Conflict, InvalidInput, NotFound, PermissionDenied
from cloudportal.core.models import UsageEvent
from cloudportal.infrastructure.models import Zone
from cloudportal.infrastructure.services.zones import update_zone
from cloudportal.jobs.models import Job
from network.addressing import Leg, lowest_free, mac_for
from network.models import Network, Port, PublicAddress
from network.reservations import allocate_port, release_port
from network.selectors import networks, public_addresses
from network.services.networks import create_network, delete_network
from network.services.public_addresses import add_public_range
from tenants.actor import SYSTEM, Actor, actor_of
from tenants.models import Account
from tests import factories
from tests.conftest import RunJobs
from tests.factories import Cloud, World
from tests.invariants import assert_everything_agrees


def test_a_tenant_gets_a_network_and_gives_it_back(tenant: Actor, cloud: Cloud, run_jobs: RunJobs) -> None:
    job = _create(tenant, cloud.zone)
    assert job.resource.state == "Implementing"
    run_jobs()

    network = job.resource
    address = network.public_addresses.get()
    assert network.state == "Implemented"
    assert cloud.world.networks() == {network.uuid}
    assert (address.account_id, address.is_source_nat) == (tenant.account_id, True)
    assert set(_metered(network)) == {"network"}
    assert _metered(address)["public_address"]["price_per_hour"] == "0.00400000"
    assert_everything_agrees(cloud)

    delete_network(tenant, network=network)
    run_jobs()

    assert Network.objects.get().state == "Destroyed"
    assert cloud.world.networks() == frozenset()
    assert (_metered(network), _metered(address)) == ({}, {})
    assert not PublicAddress.objects.exclude(account=None).exists()
    _create(tenant, cloud.zone, name=network.name)


def test_a_range_is_private_of_a_good_size_and_written_well(tenant: Actor, cloud: Cloud) -> None:
    wrong = {
        "10.1.0.1/24": "bits set beyond its prefix",
        "10.0.0.0/15": "from /16 to /29",
        "10.1.0.0/30": "from /16 to /29",
        "10.1.0.0": "from /16 to /29",
        "8.8.8.0/24": "private network",
        "172.32.0.0/16": "private network",
        "127.0.0.0/24": "private network",
        "fd00::/64": "no IPv4 network",
        "10.1.0/24": "no IPv4 network",
        "10.1.0.0/33": "no IPv4 network",
        "": "no IPv4 network",
        "10.1.0.0/24; drop": "no IPv4 network",
    }
    for cidr, words in wrong.items():
        with pytest.raises(InvalidInput) as refusal:
            _create(tenant, cloud.zone, cidr=cidr)
        assert words in refusal.value.errors["cidr"][0], cidr
    for cidr in ("10.0.0.0/16", "172.31.255.248/29", "192.168.7.0/24", "100.64.0.0/20"):
        _create(tenant, cloud.zone, cidr=cidr, name=factories.unique("net"))


def test_a_range_keeps_clear_of_the_public_network(tenant: Actor, cloud: Cloud) -> None:
    update_zone(SYSTEM, zone=cloud.zone, public_cidr="192.168.7.0/24", public_gateway="192.168.7.1")
    with pytest.raises(InvalidInput, match="overlaps the zone's public network"):
        _create(tenant, cloud.zone, cidr="192.168.0.0/16")


@pytest.mark.parametrize("cidr", ["10.1.0.0/24", "10.1.0.128/25", "10.1.0.0/16"])
def test_ranges_of_one_account_do_not_overlap(tenant: Actor, other_tenant: Actor, cloud: Cloud, cidr: str) -> None:
    _create(tenant, cloud.zone, cidr="10.1.0.0/24")
    with pytest.raises(InvalidInput, match=r"overlaps your network net \(10\.1\.0\.0/24\)"):
        _create(tenant, cloud.zone, cidr=cidr, name="second")
    _create(other_tenant, cloud.zone, cidr=cidr)


def test_names_and_rights_are_checked(tenant: Actor, other_tenant: Actor, cloud: Cloud) -> None:
    network = factories.network(tenant, cloud.zone, name="net")
    with pytest.raises(InvalidInput, match="has that name"):
        _create(tenant, cloud.zone, cidr="10.2.0.0/24")
    for name in ("", "n" * 64):
        with pytest.raises(InvalidInput) as refusal:
            _create(tenant, cloud.zone, cidr="10.2.0.0/24", name=name)
        assert list(refusal.value.errors) == ["name"]
    with pytest.raises(NotFound):
        delete_network(other_tenant, network=network)
    with pytest.raises(PermissionDenied):
        delete_network(actor_of(factories.user("reader", of=_owner(tenant))), network=network)
    assert list(networks(tenant)) == [network]
    assert not networks(other_tenant).exists()
    assert not public_addresses(other_tenant).exists()
    assert public_addresses(tenant).count() == 1


def test_a_disabled_zone_takes_no_network(tenant: Actor, cloud: Cloud) -> None:
    update_zone(SYSTEM, zone=cloud.zone, allocation_state="Disabled")
    with pytest.raises(Conflict, match="is disabled"):
        _create(tenant, cloud.zone)


def test_a_network_with_instances_stays(tenant: Actor, cloud: Cloud) -> None:
    network = factories.network(tenant, cloud.zone)
    factories.instance(tenant, cloud, on=network)

    with pytest.raises(Conflict) as refusal:
        delete_network(tenant, network=network)

    assert refusal.value.message == f"Network {network} still has 1 instance; remove them first."
    assert Network.objects.get().state == "Implemented"


def test_a_network_on_its_way_out_takes_no_port(tenant: Actor, cloud: Cloud) -> None:
    network = factories.network(tenant, cloud.zone)
    delete_network(tenant, network=network)
    with pytest.raises(Conflict, match="takes no instances"):
        allocate_port(network, hostname="late", is_default=True)


def test_what_failed_gives_its_address_and_range_back(tenant: Actor, cloud: Cloud, run_jobs: RunJobs) -> None:
    cloud.world.inject("create_network", "fatal")
    job = _create(tenant, cloud.zone)
    run_jobs()

    assert job.resource.state == "Error"
    assert not PublicAddress.objects.exclude(account=None).exists()
    assert not UsageEvent.objects.filter(resource_type__startswith="network.").exists()
    factories.network(tenant, cloud.zone, "10.1.0.0/24", name="again")
    delete_network(tenant, network=job.resource)
    run_jobs()
    assert_everything_agrees(cloud)


def test_a_zone_runs_out_of_public_addresses(tenant: Actor, cloud: Cloud) -> None:
    PublicAddress.objects.filter(pk__gt=PublicAddress.objects.earliest("pk").pk).delete()
    _create(tenant, cloud.zone)
    with pytest.raises(CapacityExhausted, match="no free public address"):
        _create(tenant, cloud.zone, cidr="10.2.0.0/24", name="second")
    assert (Network.objects.count(), Job.objects.filter(kind="network.create_network").count()) == (1, 1)


def test_a_public_range_lies_in_the_zone_and_leaves_the_gateway_out(cloud: Cloud) -> None:
    wrong = [
        ("198.51.100.1", "198.51.100.2", "first"), ("203.0.113.0", "203.0.113.2", "first"),
        ("203.0.113.250", "203.0.113.255", "last"), ("203.0.113.9", "203.0.113.3", "last"),
        ("x", "203.0.113.3", "first"),
    ]  # fmt: skip
    for first, last, field in wrong:
        with pytest.raises(InvalidInput) as refusal:
            add_public_range(SYSTEM, zone=cloud.zone, first=first, last=last)
        assert list(refusal.value.errors) == [field]
    with pytest.raises(InvalidInput, match="holds the gateway"):
        add_public_range(SYSTEM, zone=cloud.zone, first="203.0.113.1", last="203.0.113.9")
    assert add_public_range(SYSTEM, zone=cloud.zone, first="203.0.113.195", last="203.0.113.204") == 4


@given(
    prefix=st.integers(24, 29), block=st.integers(0, 255), taken=st.sets(st.integers(0, 255), max_size=40)
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_the_lowest_free_address_is_one_that_may_be_given(prefix: int, block: int, taken: set[int]) -> None:
    """Never the network, gateway, broadcast or the reserved one, never one that is taken, and none lower."""
    subnet = IPv4Network(f"10.0.{block}.0/{prefix}")
    used = {subnet.network_address + number for number in taken if number < subnet.num_addresses}
    everything = list(subnet)
    givable = [address for address in everything[2:-2] if address not in used]

    found = lowest_free(Network(cidr=str(subnet)), map(str, used))

    assert found == (givable[0] if givable else None)


@given(st.lists(st.tuples(st.sampled_from(Leg), st.integers(0, 2**32 - 1)), max_size=50))
def test_macs_are_local_unicast_and_different_for_different_rows(rows: list[tuple[Leg, int]]) -> None:
    macs = {row: mac_for(*row) for row in rows}
    assert len(set(macs.values())) == len(macs)
    assert all(int(mac[:2], 16) & 0b11 == 0b10 for mac in macs.values())


def test_threads_get_different_addresses_until_the_network_is_full(
    transactional_db: None, world: World, tmp_path: Path
) -> None:
    cloud = factories.cloud(world, tmp_path)
    network = factories.network(factories.member(), cloud.zone, "10.1.0.0/27")

    answers = _at_once(lambda number: _take_port(network, number), 40)

    addresses = [answer for answer in answers if answer != "full"]
    assert sorted(map(IPv4Address, addresses)) == list(IPv4Network("10.1.0.0/27"))[2:-2]
    assert answers.count("full") == 40 - 28
    assert len(set(Port.objects.values_list("mac", flat=True))) == 28
    release_port(Port.objects.get(address="10.1.0.9"))
    assert _take_port(network, 99) == "10.1.0.9"


def test_threads_that_want_the_same_range_get_it_once(transactional_db: None, world: World, tmp_path: Path) -> None:
    cloud = factories.cloud(world, tmp_path)
    tenant = factories.member()

    def create(number: int) -> str:
        try:
            _create(tenant, cloud.zone, cidr="10.1.0.0/24", name=f"net-{number}")
        except InvalidInput as refusal:
            return next(iter(refusal.errors))
        return "created"

    answers = _at_once(create, 8)

    assert sorted(answers) == ["cidr"] * 7 + ["created"]
    assert PublicAddress.objects.exclude(account=None).count() == Network.objects.count() == 1


def test_threads_take_different_public_addresses(transactional_db: None, world: World, tmp_path: Path) -> None:
    cloud = factories.cloud(world, tmp_path)
    PublicAddress.objects.filter(pk__gte=PublicAddress.objects.earliest("pk").pk + 5).delete()
    tenants = [factories.member() for _ in range(8)]

    def create(number: int) -> str:
        try:
            return _create(tenants[number], cloud.zone).resource.public_addresses.get().address
        except CapacityExhausted:
            return "none left"

    answers = _at_once(create, 8)

    assert answers.count("none left") == 3
    assert len(set(answers)) == 6


def _owner(actor: Actor) -> Account:
    return Account.objects.get(pk=actor.account_id)


def _create(actor: Actor, zone: Zone, cidr: str = "10.1.0.0/24", name: str = "net") -> Job:
    return create_network(actor, account=_owner(actor), zone=zone, name=name, cidr=cidr)


def _metered(thing: Network | PublicAddress) -> dict[str, Any]:
    return UsageEvent.objects.filter(resource_uuid=thing.uuid).latest("id").meters


def _take_port(network: Network, number: int) -> str:
    try:
        with transaction.atomic():
            return allocate_port(network, hostname=f"vm-{number}", is_default=True).address
    except CapacityExhausted:
        return "full"


def _at_once(work: Any, times: int) -> list[str]:
    def one(number: int) -> str:
        try:
            return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        return list(threads.map(one, range(times)))

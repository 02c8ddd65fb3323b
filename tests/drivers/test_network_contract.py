"""What every network driver promises, on every kind of engine."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from uuid import uuid4

import pytest

from cloudportal.infrastructure.drivers.errors import Fatal, NotFound
from network.backends.base import NetworkBackend, NetworkSpec, PortSpec, PublicSpec

PUBLIC = PublicSpec(uuid4(), "public", IPv4Network("203.0.113.0/24"), IPv4Address("203.0.113.1"))


def network_spec(number: int = 10) -> NetworkSpec:
    return NetworkSpec(
        uuid=uuid4(),
        gateway=IPv4Interface("10.1.0.1/24"),
        gateway_mac=f"02:00:00:01:00:{number:02x}",
        public=PUBLIC.uuid,
        public_mac=f"02:00:00:02:00:{number:02x}",
        source_nat=IPv4Interface(f"203.0.113.{number}/24"),
        dns_servers=(IPv4Address("9.9.9.9"),),
        domain="test.internal",
        mtu=1442,
    )


def port_spec(network: NetworkSpec, number: int = 11) -> PortSpec:
    return PortSpec(
        uuid=uuid4(),
        network=network.uuid,
        mac=f"02:00:00:03:00:{number:02x}",
        address=IPv4Address(f"10.1.0.{number}"),
        hostname=f"web-{number}",
    )


@pytest.fixture
def networks(network_engine: NetworkBackend) -> Iterator[NetworkBackend]:
    """An engine that is left without our public network: two of them on one mapping would be in each other's way."""
    before = network_engine.networks()
    yield network_engine
    for uuid in network_engine.networks() - before:
        network_engine.delete_network(uuid)
    network_engine.delete_public(PUBLIC.uuid)


@pytest.fixture
def network(networks: NetworkBackend) -> NetworkSpec:
    """A network that is on the engine."""
    spec = network_spec()
    networks.ensure_public(PUBLIC)
    networks.create_network(spec)
    return spec


def test_a_public_network_may_be_set_up_again(networks: NetworkBackend) -> None:
    networks.ensure_public(PUBLIC)
    networks.ensure_public(PUBLIC)

    assert PUBLIC.uuid not in networks.networks()


def test_a_public_network_that_networks_use_stays(networks: NetworkBackend, network: NetworkSpec) -> None:
    with pytest.raises(Fatal):
        networks.delete_public(PUBLIC.uuid)

    networks.delete_network(network.uuid)
    networks.delete_public(PUBLIC.uuid)
    networks.delete_public(PUBLIC.uuid)


def test_a_network_without_its_public_network_is_not_found(networks: NetworkBackend) -> None:
    with pytest.raises(NotFound):
        networks.create_network(replace(network_spec(), public=uuid4()))


def test_a_network_is_there_once_however_often_it_is_created(networks: NetworkBackend, network: NetworkSpec) -> None:
    before = networks.networks()

    networks.create_network(network)

    assert network.uuid in before
    assert networks.networks() == before


def test_a_deleted_network_is_gone_with_its_ports_and_deleting_it_again_is_success(
    networks: NetworkBackend, network: NetworkSpec
) -> None:
    port = port_spec(network)
    networks.create_port(port)

    networks.delete_network(network.uuid)
    networks.delete_network(network.uuid)

    assert network.uuid not in networks.networks()
    assert port.uuid not in networks.ports()


def test_a_port_is_there_once_however_often_it_is_created(networks: NetworkBackend, network: NetworkSpec) -> None:
    port = port_spec(network)

    networks.create_port(port)
    before = networks.ports()
    networks.create_port(port)

    assert port.uuid in before
    assert networks.ports() == before


def test_a_port_without_its_network_is_not_found(networks: NetworkBackend) -> None:
    with pytest.raises(NotFound):
        networks.create_port(port_spec(network_spec()))


def test_a_deleted_port_is_gone_and_deleting_it_again_is_success(
    networks: NetworkBackend, network: NetworkSpec
) -> None:
    port = port_spec(network)
    networks.create_port(port)

    networks.delete_port(port.uuid)
    networks.delete_port(port.uuid)

    assert port.uuid not in networks.ports()


def test_a_port_that_nothing_is_plugged_into_is_down(networks: NetworkBackend, network: NetworkSpec) -> None:
    port = port_spec(network)
    networks.create_port(port)

    assert not networks.port_is_up(port.uuid)


def test_a_missing_port_is_not_found(networks: NetworkBackend) -> None:
    with pytest.raises(NotFound):
        networks.port_is_up(uuid4())


def test_what_was_written_reaches_every_host(networks: NetworkBackend, network: NetworkSpec) -> None:
    networks.create_port(port_spec(network))

    assert networks.wait_applied(20)


def test_two_networks_may_have_the_same_addresses(networks: NetworkBackend, network: NetworkSpec) -> None:
    twin = network_spec(number=20)
    networks.create_network(twin)

    networks.create_port(port_spec(network))
    networks.create_port(port_spec(twin))

    assert {network.uuid, twin.uuid} <= networks.networks()


def test_many_writers_at_once_lose_nothing(networks: NetworkBackend, network: NetworkSpec) -> None:
    ports = [port_spec(network, number) for number in range(10, 40)]

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(networks.create_port, [*ports, *ports]))

    assert {port.uuid for port in ports} <= networks.ports()

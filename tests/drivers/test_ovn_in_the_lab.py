"""OVN written to by several workers at once, and what its address may look like."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("ovsdbapp", reason="ovsdbapp is not installed")

from cloudportal.infrastructure.drivers.errors import Fatal, Retryable
from network.backends.base import NetworkBackend
from network.backends.ovn.address import OvnAddress
from network.backends.ovn.chassis import CANDIDATES, ranked
from network.backends.registry import backend_for
from tests.drivers.test_network_contract import PUBLIC, network_spec, port_spec

if TYPE_CHECKING:
    from cloudportal.lab import Lab


@pytest.fixture
def url(lab: Lab) -> str:
    return f"{lab.ovn_nb_url}?sb={lab.ovn_sb_url}"


@pytest.fixture
def ovn(url: str) -> NetworkBackend:
    return backend_for(url)


def nbctl(lab: Lab, *arguments: str) -> list[str]:
    database = f"unix:{lab.ovn_nb_url.removeprefix('ovn+unix://')}"
    return str(lab.on("net", ["ovn-nbctl", f"--db={database}", *arguments])).split()


def fork(work: Callable[[], None], workers: int) -> None:
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=work) for _ in range(workers)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0] * workers


@pytest.mark.lab
def test_workers_that_make_the_same_network_at_once_make_one(lab: Lab, url: str, ovn: NetworkBackend) -> None:
    def count(table: str) -> int:
        return len(nbctl(lab, "--bare", "--columns=_uuid", "list", table))

    tables = ("Logical_Switch", "Logical_Router", "DHCP_Options", "DNS", "ACL", "NAT")
    ovn.ensure_public(PUBLIC)
    before = {table: count(table) for table in tables}
    network = network_spec()
    ports = [port_spec(network, number) for number in range(11, 21)]

    def make() -> None:
        backend = backend_for(url)  # in a child of a fork: with a connection of its own
        backend.create_network(network)
        for port in ports:
            backend.create_port(port)

    try:
        fork(make, workers=4)

        assert {port.uuid for port in ports} <= ovn.ports()
        made = [count(table) - before[table] for table in tables]
        assert dict(zip(tables, made, strict=True)) == dict(zip(tables, (1, 1, 2, len(ports), 2, 1), strict=True))
    finally:
        ovn.delete_network(network.uuid)
        ovn.delete_public(PUBLIC.uuid)


@pytest.mark.lab
def test_a_deleted_network_leaves_no_row(lab: Lab, ovn: NetworkBackend) -> None:
    tables = ("Logical_Switch", "Logical_Router", "Logical_Switch_Port", "Logical_Router_Port", "DHCP_Options", "DNS")
    everything = ("ACL", "NAT", "Gateway_Chassis", "Logical_Router_Policy", "Logical_Router_Static_Route", *tables)
    before = {table: nbctl(lab, "--bare", "--columns=_uuid", "list", table) for table in everything}
    ovn.ensure_public(PUBLIC)
    network = network_spec()
    ovn.create_network(network)
    ovn.create_port(port_spec(network))

    ovn.delete_network(network.uuid)
    ovn.delete_public(PUBLIC.uuid)

    assert {table: nbctl(lab, "--bare", "--columns=_uuid", "list", table) for table in everything} == before


@pytest.mark.lab
def test_an_additional_card_is_offered_neither_route_nor_name(lab: Lab, ovn: NetworkBackend) -> None:
    ovn.ensure_public(PUBLIC)
    network = network_spec()
    port = replace(port_spec(network), default=False)
    try:
        ovn.create_network(network)
        ovn.create_port(port)

        options = nbctl(lab, "--bare", "--columns=dhcpv4_options", "list", "Logical_Switch_Port", str(port.uuid))
        offered = " ".join(nbctl(lab, "dhcp-options-get-options", options[0]))
        assert "mtu=1442" in offered
        assert "router=" not in offered
        assert nbctl(lab, "--bare", "--columns=options", "list", "Logical_Switch_Port", str(port.uuid)) == []
    finally:
        ovn.delete_network(network.uuid)
        ovn.delete_public(PUBLIC.uuid)


@pytest.mark.lab
@pytest.mark.parametrize("domain", ['x"; drop', "a b", "-", ""])
def test_a_domain_can_not_break_out_of_the_dhcp_options(ovn: NetworkBackend, domain: str) -> None:
    ovn.ensure_public(PUBLIC)
    network = replace(network_spec(), domain=domain)
    try:
        if domain:
            with pytest.raises(Fatal, match="domain name"):
                ovn.create_network(network)
            assert network.uuid not in ovn.networks()
        else:
            ovn.create_network(network)
    finally:
        ovn.delete_network(network.uuid)
        ovn.delete_public(PUBLIC.uuid)


def test_an_ovn_that_is_down_is_worth_another_attempt() -> None:
    with pytest.raises(Retryable, match="OVN_Northbound"):
        backend_for("ovn+unix:///nonexistent/nb.sock").networks()


def test_an_address_names_every_member_of_both_databases() -> None:
    address = OvnAddress.parse("ovn+tcp://10.0.0.1:6641,10.0.0.2:6641?sb=ovn+unix:///run/ovn/sb.sock&chassis=a,b")

    assert address.northbound == "tcp:10.0.0.1:6641,tcp:10.0.0.2:6641"
    assert address.southbound == "unix:/run/ovn/sb.sock"
    assert address.chassis == ("a", "b")


@pytest.mark.parametrize("url", ["ovn+unix://", "ovn+http://x:1", "ovn+ssl://x:1?key=/k", "ovn+tcp://x:1?sb=tcp:x:2"])
def test_an_address_that_says_too_little_is_refused(url: str) -> None:
    with pytest.raises(Fatal):
        OvnAddress.parse(url)


def test_networks_spread_over_the_gateways_and_stay_when_one_is_added() -> None:
    networks = [network_spec().uuid for _ in range(300)]
    hosts = [f"hv{number}" for number in range(10)]

    first = {uuid: ranked(uuid, hosts)[0][0] for uuid in networks}
    later = {uuid: ranked(uuid, [*hosts, "new"])[0][0] for uuid in networks}

    assert set(first.values()) == set(hosts)
    assert all(later[uuid] in {first[uuid], "new"} for uuid in networks)
    assert len(ranked(networks[0], hosts)) == CANDIDATES

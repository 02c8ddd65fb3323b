"""Real guests on real engines: what the drivers of three domains make together."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from compute.hypervisors.base import PowerState
from network.backends.base import NetworkSpec
from tests.drivers.guests import MTU, Guest, Site, wait_for

if TYPE_CHECKING:
    from cloudportal.lab import Lab

pytestmark = [pytest.mark.lab, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def site(lab: Lab) -> Iterator[Site]:
    site = Site(lab)
    site.set_up(lab.guest_image)
    yield site
    site.storage.delete_template(site.template)
    site.networks.delete_public(site.public.uuid)


@pytest.fixture(scope="module")
def network(site: Site) -> Iterator[NetworkSpec]:
    network = site.add_network(source_nat=10)
    yield network
    site.networks.delete_network(network.uuid)


@pytest.fixture(scope="module")
def twin_network(site: Site) -> Iterator[NetworkSpec]:
    """Another tenant's network with the same addresses."""
    network = site.add_network(source_nat=20)
    yield network
    site.networks.delete_network(network.uuid)


@pytest.fixture(scope="module")
def guests(site: Site, network: NetworkSpec) -> Iterator[tuple[Guest, Guest]]:
    """Two guests of one network on two hosts, both up."""
    pair = site.add_guest(0, network, 11, "web"), site.add_guest(1, network, 12, "db")
    try:
        for guest in pair:
            wait_for(f"{guest.spec.name} has its lease", guest.has_lease)
        yield pair
    finally:
        for guest in pair:
            site.remove_guest(guest)


def test_a_guest_boots_from_the_clone_and_learns_its_name_from_the_seed(guests: tuple[Guest, Guest]) -> None:
    assert guests[0].run("hostname").strip() == "web"
    assert guests[0].spec.disks[0].uuid.hex[:20] in guests[0].run("cat /sys/block/vda/serial")


def test_a_guest_gets_its_lease_with_mtu_route_and_resolver(guests: tuple[Guest, Guest]) -> None:
    web, _ = guests

    assert f"mtu {MTU}" in web.run("ip link show eth0")
    assert "default via 10.1.0.1" in web.run("ip route")
    resolver = web.run("cat /etc/resolv.conf")
    assert "nameserver 203.0.113.1" in resolver
    assert "search tests.internal" in resolver


def test_a_bound_port_is_up(site: Site, guests: tuple[Guest, Guest]) -> None:
    assert all(site.networks.port_is_up(guest.port.uuid) for guest in guests)


@pytest.mark.parametrize("name", ["db", "db.tests.internal"])
def test_a_guest_resolves_and_reaches_its_neighbour_on_another_host(guests: tuple[Guest, Guest], name: str) -> None:
    web, _ = guests

    assert "10.1.0.12" in web.run(f"nslookup {name}" if "." in name else f"nslookup {name}.tests.internal")
    assert web.run(f"timeout 9 wget -q -O - http://{name}/").strip() == "db"


def test_a_guest_reaches_the_outside_under_the_public_address(site: Site, guests: tuple[Guest, Guest]) -> None:
    web, _ = guests
    site.serve_outside(
        "import socket; server = socket.create_server(('203.0.113.1', 8099)); server.settimeout(60)\n"
        "while True:\n"
        "    client, peer = server.accept()\n"
        "    client.recv(999)\n"
        "    client.sendall(f'HTTP/1.0 200 OK\\r\\n\\r\\n{peer[0]}'.encode())\n"
        "    client.close()"
    )

    assert "1 packets received" in web.run(f"ping -c 1 -W 5 {site.public.gateway}")
    wait_for(
        "an answer with the public address",
        lambda: "203.0.113.10" in web.run("timeout 9 wget -q -O - http://203.0.113.1:8099/"),
        30,
    )


def test_nothing_from_outside_reaches_a_guest_even_where_a_route_leads_to_it(
    site: Site, network: NetworkSpec, guests: tuple[Guest, Guest]
) -> None:
    web, _ = guests
    site.outside("ip route replace 10.1.0.0/24 via 203.0.113.10")
    try:
        before = echoes_received(web)

        assert site.ping("10.1.0.11") == 0
        assert "status 124" in site.outside("timeout 2 bash -c ': </dev/tcp/10.1.0.11/80'; echo status $?")
        assert echoes_received(web) == before

        site.tear_down_wall(network)
        site.ping("10.1.0.11")
        assert echoes_received(web) == before + 3, "the route does not lead to the guest, so nothing was proved"

        site.networks.create_network(network)
        assert site.networks.wait_applied(20)
        site.ping("10.1.0.11")
        assert echoes_received(web) == before + 3
    finally:
        site.outside("ip route del 10.1.0.0/24")


def test_an_inside_address_as_the_source_opens_no_door(site: Site, guests: tuple[Guest, Guest]) -> None:
    web, _ = guests
    site.outside("ip address add 10.1.0.99/32 dev lo; ip route replace 10.1.0.11/32 via 203.0.113.10")
    try:
        before = echoes_received(web)

        assert site.ping("10.1.0.11", "-I 10.1.0.99") == 0
        assert echoes_received(web) == before
    finally:
        site.outside("ip route del 10.1.0.11/32; ip address del 10.1.0.99/32 dev lo")


def echoes_received(guest: Guest) -> int:
    """The guest's own count of pings that came in."""
    header, values = (line.split() for line in guest.run("grep ^Icmp: /proc/net/snmp").splitlines())
    return int(values[header.index("InEchos")])


def test_a_network_with_the_same_addresses_is_another_world(
    site: Site, guests: tuple[Guest, Guest], twin_network: NetworkSpec
) -> None:
    web, db = guests
    twin = site.add_guest(1, twin_network, 11, "stranger")
    try:
        wait_for("the twin has its lease", twin.has_lease)

        assert "0 packets received" in twin.run("ping -c 2 -W 1 10.1.0.12")
        assert "can't resolve" in twin.run("nslookup db.tests.internal || echo can\\'t resolve")
        assert "1 packets received" in twin.run("ping -c 1 -W 5 203.0.113.1")
        assert "1 packets received" in web.run(f"ping -c 1 -W 5 {db.port.address}")
    finally:
        site.remove_guest(twin)


def test_a_guest_can_not_take_a_neighbours_address(guests: tuple[Guest, Guest]) -> None:
    web, _ = guests
    web.run("ip address add 10.1.0.77/24 dev eth0")
    try:
        assert "0 packets received" in web.run("ping -c 2 -W 1 -I 10.1.0.77 10.1.0.12")
        # One lost packet of a busy machine is no cut line.
        assert re.search(r"\b[1-4] packets received", web.run("ping -c 4 -W 2 10.1.0.12"))
    finally:
        web.run("ip address del 10.1.0.77/24 dev eth0")


def test_the_console_shows_the_guests_screen(guests: tuple[Guest, Guest]) -> None:
    web, _ = guests

    with web.hypervisor.open_console(web.uuid).stream as screen:
        screen.settimeout(10)
        assert screen.recv(12) == b"RFB 003.008\n"
        screen.sendall(b"RFB 003.008\n")
        assert screen.recv(16) == b"\x01\x01", "the stream is authenticated already: one security type, none"
        screen.sendall(b"\x01")
        assert screen.recv(4) == b"\0\0\0\0"
        screen.sendall(b"\x01")
        size = screen.recv(4)
        assert int.from_bytes(size[:2], "big") >= 640


def test_counters_grow_with_what_a_guest_does(guests: tuple[Guest, Guest]) -> None:
    web, _ = guests
    before = web.hypervisor.statistics()[web.uuid]

    web.run("ping -c 5 -i 0.2 -s 1000 10.1.0.12; dd if=/dev/zero of=/tmp/x bs=1M count=4; sync")

    after = web.hypervisor.statistics()[web.uuid]
    assert after.cpu_time_ns > before.cpu_time_ns
    assert after.sent_bytes > before.sent_bytes
    assert after.received_bytes > before.received_bytes
    assert after.written_bytes > before.written_bytes
    assert 0 < after.memory_used_mib <= 2048


def test_a_killed_guest_is_called_crashed(site: Site, network: NetworkSpec) -> None:
    guest = site.add_guest(0, network, 13, "doomed")
    try:
        site.lab.on(site.lab.hosts[0].name, ["pkill", "-KILL", "-f", f"guest=instance-{guest.uuid}"])

        wait_for("the crash shows", lambda: guest.hypervisor.power_state(guest.uuid) is PowerState.CRASHED, 20)
        guest.hypervisor.start_instance(guest.uuid)
        assert guest.hypervisor.power_state(guest.uuid) is PowerState.RUNNING
    finally:
        site.remove_guest(guest)


def test_the_power_button_shuts_a_guest_down_and_removal_leaves_nothing(site: Site, network: NetworkSpec) -> None:
    guest = site.add_guest(0, network, 14, "brief")
    wait_for("the guest is up", guest.is_up)

    guest.hypervisor.shut_down_instance(guest.uuid)
    wait_for("it stopped", lambda: guest.hypervisor.power_state(guest.uuid) is PowerState.STOPPED, 60)
    site.remove_guest(guest)

    volume = guest.spec.disks[0].uuid
    assert guest.hypervisor.power_state(guest.uuid) is PowerState.MISSING
    assert volume not in site.storage.volumes()
    assert guest.uuid not in site.storage.seeds()
    assert guest.port.uuid not in site.networks.ports()
    assert str(guest.port.uuid) not in site.lab.on(guest_host(site), ["ovs-vsctl", "list", "Interface"])
    assert str(volume) not in site.lab.on(guest_host(site), ["ls", site.path])


def guest_host(site: Site) -> str:
    return str(site.lab.hosts[0].name)

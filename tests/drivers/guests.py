"""Real guests for the tests of the lab: built with our drivers, watched from inside by the guest agent."""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest

from compute.hypervisors.base import DiskSpec, HostTarget, Hypervisor, InstanceSpec, NicSpec
from compute.hypervisors.registry import hypervisor_for
from network.backends.base import NetworkBackend, NetworkSpec, PortSpec, PublicSpec
from network.backends.registry import backend_for as networks_for
from storage.backends.base import PoolTarget, StorageBackend, TemplateSpec, VolumeSpec
from storage.backends.registry import backend_for as storage_for
from storage.backends.seed import nocloud_image
from tests.drivers.importing import bring_in

libvirt = pytest.importorskip("libvirt")
libvirt_qemu = pytest.importorskip("libvirt_qemu")

if TYPE_CHECKING:
    from cloudportal.lab import Lab

MTU = 1442
MEMORY_MIB = 192
DISK_BYTES = 512 * 1024**2
BOOT_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Guest:
    """An instance with all that belongs to it."""

    spec: InstanceSpec
    port: PortSpec
    url: str
    hypervisor: Hypervisor

    @property
    def uuid(self) -> UUID:
        return self.spec.uuid

    def run(self, command: str, seconds: float = 30) -> str:
        """What a shell command in the guest printed, errors included, whatever its exit status."""
        started = _ask_agent(
            self, "guest-exec", path="/bin/sh", arg=["-c", f"{{ {command}; }} 2>&1"], **{"capture-output": True}
        )
        end = time.monotonic() + seconds
        while not (status := _ask_agent(self, "guest-exec-status", pid=started["pid"]))["exited"]:
            assert time.monotonic() < end, f"{command!r} ran longer than {seconds} s in the guest"
            time.sleep(0.1)
        return base64.b64decode(status.get("out-data", "")).decode(errors="replace")

    def is_up(self) -> bool:
        """Whether the guest's system has started as far as its agent."""
        try:
            _ask_agent(self, "guest-ping")
        except libvirt.libvirtError:
            return False
        return True

    def has_lease(self) -> bool:
        return self.is_up() and f" {self.port.address}/" in self.run("ip -4 address show eth0")


def _ask_agent(guest: Guest, command: str, **arguments: object) -> Any:
    domain = libvirt.open(guest.url).lookupByUUIDString(str(guest.uuid))
    message = json.dumps({"execute": command, "arguments": arguments} if arguments else {"execute": command})
    return json.loads(libvirt_qemu.qemuAgentCommand(domain, message, 10, 0))["return"]


def wait_for(what: str, condition: Callable[[], object], seconds: float = BOOT_SECONDS) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"{what}: not within {seconds} s"
        time.sleep(0.2)


class Site:
    """The lab as a zone: one public network, one pool with one template."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.networks: NetworkBackend = networks_for(f"{lab.ovn_nb_url}?sb={lab.ovn_sb_url}")
        self.pool = uuid4()
        self.path = str(lab.shared / f"pool-{self.pool}")
        self.storage: StorageBackend = storage_for(PoolTarget(self.pool, lab.hosts[0].libvirt_url, self.path))
        self.template = uuid4()
        public_cidr = IPv4Network(str(lab.public_cidr))
        self.public = PublicSpec(uuid4(), lab.public_mapping, public_cidr, IPv4Address(str(lab.public_gateway)))
        self._macs = iter(range(1, 255))

    def set_up(self, image: Path) -> None:
        self._start_resolver()
        self.networks.ensure_public(self.public)
        self.storage.prepare()
        bring_in(self.storage, TemplateSpec(self.template, "qcow2", image.stat().st_size), image.read_bytes())

    def _start_resolver(self) -> None:
        """A resolver outside that knows no name, as real ones know none of ours. Not asked for long, it ends."""
        program = (
            "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(300);"
            f"s.bind(('{self.public.gateway}', 53))\n"
            "while True: q, peer = s.recvfrom(512); s.sendto(q[:2] + b'\\x81\\x83' + q[4:], peer)"
        )
        self.serve_outside(program)

    def serve_outside(self, program: str) -> None:
        """Start a Python program in the world outside, which has to end by itself."""
        self.lab.on("net", ["sh", "-c", '(python3 -c "$0" </dev/null >/dev/null 2>&1 &)', program])

    def tear_down_wall(self, network: NetworkSpec) -> None:
        """Take away what keeps the outside out, behind the driver's back."""
        database = f"unix:{self.lab.ovn_nb_url.removeprefix('ovn+unix://')}"
        switch = f"network-{network.uuid}"
        self.lab.on("net", ["ovn-nbctl", f"--db={database}", "--wait=hv", "acl-del", switch, "to-lport"])

    def add_network(self, source_nat: int, inside: str = "10.1.0.1/24") -> NetworkSpec:
        network = NetworkSpec(
            uuid=uuid4(),
            gateway=IPv4Interface(inside),
            gateway_mac=self._mac(),
            public=self.public.uuid,
            public_mac=self._mac(),
            source_nat=IPv4Interface(f"{self.public.cidr[source_nat]}/{self.public.cidr.prefixlen}"),
            dns_servers=(self.public.gateway,),
            domain="tests.internal",
            mtu=MTU,
        )
        self.networks.create_network(network)
        return network

    def add_guest(self, host: int, network: NetworkSpec, number: int, name: str) -> Guest:
        """A guest that is being started; it is up a while later."""
        address = network.gateway.network[number]
        port = PortSpec(uuid4(), network.uuid, self._mac(), address, name)
        self.networks.create_port(port)
        volume, instance = uuid4(), uuid4()
        self.storage.create_volume(VolumeSpec(volume, DISK_BYTES, "qcow2", self.template))
        spec = InstanceSpec(
            uuid=instance,
            name=name,
            cpus=1,
            memory_mib=MEMORY_MIB,
            disks=(DiskSpec(volume, self.storage.volume_source(volume), "qcow2"),),
            nics=(NicSpec(port.uuid, port.mac, MTU),),
            seed_source=self.storage.put_seed(instance, nocloud_image(str(instance), name, "", [])),
        )
        url = self.lab.hosts[host].libvirt_url
        hypervisor = hypervisor_for(HostTarget(url, datapath="netdev"))
        hypervisor.define_instance(spec)
        hypervisor.start_instance(instance)
        return Guest(spec, port, url, hypervisor)

    def remove_guest(self, guest: Guest) -> None:
        guest.hypervisor.remove_instance(guest.uuid)
        self.networks.delete_port(guest.port.uuid)
        self.storage.delete_volume(guest.spec.disks[0].uuid)
        self.storage.delete_seed(guest.uuid)

    def outside(self, command: str) -> str:
        """What a shell command printed in the world outside, whatever its exit status."""
        return self.lab.on("net", ["sh", "-c", f"{{ {command}; }} 2>&1 || true"])

    def ping(self, address: str, options: str = "") -> int:
        """How many of three pings from the world outside were answered."""
        report = self.outside(f"busybox ping -c 3 -W 1 {options} {address}")
        found = re.search(r"(\d+) packets received", report)
        assert found, report
        return int(found[1])

    def _mac(self) -> str:
        return f"02:00:00:0a:00:{next(self._macs):02x}"

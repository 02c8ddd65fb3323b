"""What any hypervisor must do. Frozen values in, frozen values out; no Django here.

Every call is idempotent, because a job may repeat it after a crash: the instance's uuid is its
identity on the hypervisor, starting what runs and removing what is gone are successes.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, Protocol
from uuid import UUID

VirtType = Literal["kvm", "qemu", "auto"]
Datapath = Literal["kernel", "netdev"]


class PowerState(StrEnum):
    """What the hypervisor says of an instance; the lifecycle states are ours and another thing."""

    RUNNING = "running"
    STOPPED = "stopped"
    PAUSED = "paused"
    CRASHED = "crashed"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class HostTarget:
    """How to reach one host.

    Attributes:
        url: e.g. ``qemu+tls://kvm7.example/system``, ``test:///default``, or
            ``simulator:///path/to/world.sqlite3?host=sim-1``.
        username, password: for engines that log in; empty where the transport authenticates.
        virt_type: ``auto`` boots a probe guest, since capabilities are known to lie.
        datapath: ``netdev`` when Open vSwitch forwards in user space, which needs checksum offload off.
    """

    url: str
    username: str = ""
    password: str = ""
    virt_type: VirtType = "auto"
    datapath: Datapath = "kernel"


@dataclass(frozen=True, slots=True)
class HostFacts:
    """What a host says of itself."""

    hypervisor: str
    version: str
    hostname: str
    cpus: int
    memory_mib: int
    cpu_model: str
    virt_type: Literal["kvm", "qemu"]


@dataclass(frozen=True, slots=True)
class DiskSpec:
    """A disk as the hypervisor attaches it; `source` is what the storage backend returned for the volume."""

    uuid: UUID
    source: str
    format: Literal["qcow2", "raw"]


@dataclass(frozen=True, slots=True)
class NicSpec:
    """A network card; `uuid` is the port's name on the virtual switch."""

    uuid: UUID
    mac: str
    mtu: int


@dataclass(frozen=True, slots=True)
class InstanceSpec:
    """A virtual machine in full. `seed_source` is the path of its NoCloud image, or empty."""

    uuid: UUID
    name: str
    cpus: int
    memory_mib: int
    disks: tuple[DiskSpec, ...]
    nics: tuple[NicSpec, ...]
    seed_source: str = ""


@dataclass(frozen=True, slots=True)
class Console:
    """A connected stream that speaks RFB (RFC 6143). `password` is empty where the stream is authenticated already."""

    stream: socket.socket
    password: str = ""


@dataclass(frozen=True, slots=True)
class InstanceStatistics:
    """Counters since the last start: they go back to zero, so whoever sums them must cope."""

    cpu_time_ns: int
    memory_used_mib: int
    received_bytes: int
    sent_bytes: int
    read_bytes: int
    written_bytes: int


class Hypervisor(Protocol):
    """One host. Every method raises Retryable, Fatal or Unsupported; NotFound where it says so."""

    def facts(self) -> HostFacts:
        """Connect and describe the host; with ``virt_type`` auto the first call boots a probe guest."""

    def ping(self) -> None:
        """Return when the host answered, within about five seconds; raise Retryable otherwise."""

    def define_instance(self, spec: InstanceSpec) -> None:
        """Make the instance known, stopped. Defining it again replaces the definition."""

    def start_instance(self, uuid: UUID) -> None:
        """Power on. NotFound when it is not defined."""

    def shut_down_instance(self, uuid: UUID) -> None:
        """Press the power button and return at once. A guest that is not up yet ignores it, so it may be repeated."""

    def stop_instance(self, uuid: UUID) -> None:
        """Cut the power. Missing or stopped is success."""

    def reboot_instance(self, uuid: UUID) -> None:
        """Reset a running instance. NotFound when it is not defined, Fatal when it does not run."""

    def remove_instance(self, uuid: UUID) -> None:
        """Cut the power and forget the instance. Disks stay. Missing is success."""

    def power_state(self, uuid: UUID) -> PowerState:
        """MISSING when the host does not know the instance."""

    def power_states(self) -> Mapping[UUID, PowerState]:
        """Every instance that the host knows, ours or not."""

    def open_console(self, uuid: UUID) -> Console:
        """A fresh connection to the screen. NotFound when it does not run."""

    def statistics(self) -> Mapping[UUID, InstanceStatistics]:
        """Counters of every running instance, in one call."""

    def close(self) -> None:
        """Give connections back."""

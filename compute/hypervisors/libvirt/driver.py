"""A KVM or QEMU host, driven through libvirt."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, TypeVar
from uuid import UUID

import libvirt
from defusedxml import ElementTree

from cloudportal.infrastructure.drivers.errors import Fatal, NotFound, Unsupported
from cloudportal.infrastructure.drivers.libvirt_connection import LibvirtSession
from compute.hypervisors.base import (
    Console,
    HostFacts,
    HostTarget,
    InstanceSpec,
    InstanceStatistics,
    PowerState,
)
from compute.hypervisors.libvirt import states
from compute.hypervisors.libvirt.console import local_console, remote_console
from compute.hypervisors.libvirt.probe import PROBE_PREFIX, usable_virt_type
from compute.hypervisors.libvirt.xml import HostProfile, domain_xml

PING_SECONDS = 5.0
UNDEFINE_FLAGS = (
    libvirt.VIR_DOMAIN_UNDEFINE_MANAGED_SAVE
    | libvirt.VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA
    | libvirt.VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA
    | libvirt.VIR_DOMAIN_UNDEFINE_NVRAM
)

Answer = TypeVar("Answer")


class LibvirtHypervisor:
    """Implements `Hypervisor`. A domain has the uuid of its instance and the name derived from it."""

    def __init__(self, target: HostTarget) -> None:
        self._target = target
        self._session = LibvirtSession(target.url, target.username, target.password)

    def facts(self) -> HostFacts:
        return self._session.call("Describe the host", self._facts)

    def ping(self) -> None:
        self._session.call("Reach the host", lambda connection: connection.getLibVersion(), seconds=PING_SECONDS)

    def define_instance(self, spec: InstanceSpec) -> None:
        self._session.call(
            "Define the instance",
            lambda connection: connection.defineXML(domain_xml(spec, self._profile(connection))),
        )

    def start_instance(self, uuid: UUID) -> None:
        self._with_domain("Start the instance", uuid, _start)

    def shut_down_instance(self, uuid: UUID) -> None:
        self._with_domain("Press the power button", uuid, _press_power_button)

    def stop_instance(self, uuid: UUID) -> None:
        self._unless_missing("Stop the instance", uuid, _cut_power)

    def reboot_instance(self, uuid: UUID) -> None:
        self._with_domain("Reboot the instance", uuid, _reset)

    def remove_instance(self, uuid: UUID) -> None:
        self._unless_missing("Remove the instance", uuid, _remove)

    def power_state(self, uuid: UUID) -> PowerState:
        try:
            return self._with_domain("Ask for the power state", uuid, _power_state)
        except NotFound:
            return PowerState.MISSING

    def power_states(self) -> Mapping[UUID, PowerState]:
        return self._session.call("List the instances", _power_states)

    def open_console(self, uuid: UUID) -> Console:
        return self._with_domain("Open the console", uuid, self._console)

    def statistics(self) -> Mapping[UUID, InstanceStatistics]:
        return self._session.call("Read the statistics", _statistics)

    def close(self) -> None:
        """Nothing to give back: the connection belongs to the process, which keeps it for the next caller."""

    def _with_domain(self, what: str, uuid: UUID, work: Callable[[libvirt.virDomain], Answer]) -> Answer:
        return self._session.call(what, lambda connection: work(connection.lookupByUUIDString(str(uuid))))

    def _unless_missing(self, what: str, uuid: UUID, work: Callable[[libvirt.virDomain], None]) -> None:
        try:
            self._with_domain(what, uuid, work)
        except NotFound:
            return

    def _virt_type(self, connection: libvirt.virConnect) -> Literal["kvm", "qemu"]:
        if self._target.virt_type != "auto":
            return self._target.virt_type
        return "qemu" if self._session.is_test else usable_virt_type(self._target.url, connection)

    def _profile(self, connection: libvirt.virConnect) -> HostProfile:
        return HostProfile(
            domain_type="test" if self._session.is_test else self._virt_type(connection),
            datapath=self._target.datapath,
            local_console=self._session.is_local,
        )

    def _facts(self, connection: libvirt.virConnect) -> HostFacts:
        model, _, cpus, *_ = connection.getInfo()
        capabilities = ElementTree.fromstring(connection.getCapabilities())
        return HostFacts(
            hypervisor=connection.getType(),
            version=_dotted(connection.getVersion()),
            hostname=connection.getHostname(),
            cpus=cpus,
            memory_mib=_memory_mib(connection),
            cpu_model=capabilities.findtext("./host/cpu/model") or model,
            virt_type=self._virt_type(connection),
        )

    def _console(self, domain: libvirt.virDomain) -> Console:
        if not domain.isActive():
            raise NotFound("The instance does not run, so it has no screen.")
        if self._session.is_test:
            raise Unsupported("libvirt's test driver has no screens.")
        return local_console(domain) if self._session.is_local else remote_console(domain, self._session.host)


def _memory_mib(connection: libvirt.virConnect) -> int:
    """What the host's kernel has. The node's description may be older: memory comes and goes on virtual hosts."""
    try:
        statistics = connection.getMemoryStats(libvirt.VIR_NODE_MEMORY_STATS_ALL_CELLS)
        return int(statistics["total"]) // 1024
    except libvirt.libvirtError as error:
        if error.get_error_code() != libvirt.VIR_ERR_NO_SUPPORT:
            raise
        return int(connection.getInfo()[1])


def _dotted(version: int) -> str:
    """libvirt packs a version as major * 1,000,000 + minor * 1,000 + release."""
    return f"{version // 1_000_000}.{version // 1_000 % 1_000}.{version % 1_000}"


def _start(domain: libvirt.virDomain) -> None:
    state, _ = domain.state()
    if state == libvirt.VIR_DOMAIN_PAUSED:
        domain.resume()
    else:
        _unless(domain.isActive, domain.create)


def _press_power_button(domain: libvirt.virDomain) -> None:
    _unless(lambda: _goes_off(domain), domain.shutdown)


def _goes_off(domain: libvirt.virDomain) -> bool:
    """Whether it is off or about to be: for a moment a guest that has shut down is active and refuses the button."""
    return domain.state()[0] in {libvirt.VIR_DOMAIN_SHUTDOWN, libvirt.VIR_DOMAIN_SHUTOFF}


def _cut_power(domain: libvirt.virDomain) -> None:
    _unless(lambda: not domain.isActive(), domain.destroy)


def _unless(already_so: Callable[[], object], change: Callable[[], object]) -> None:
    """Make a change that somebody else, the guest included, may make at the same moment."""
    if already_so():
        return
    try:
        change()
    except libvirt.libvirtError as error:
        if error.get_error_code() != libvirt.VIR_ERR_OPERATION_INVALID or not already_so():
            raise


def _reset(domain: libvirt.virDomain) -> None:
    if not domain.isActive():
        raise Fatal("The instance does not run, so it can't be rebooted.")
    try:
        domain.reset()
    except libvirt.libvirtError as error:
        if error.get_error_code() != libvirt.VIR_ERR_NO_SUPPORT:
            raise
        domain.reboot()


def _remove(domain: libvirt.virDomain) -> None:
    _cut_power(domain)
    try:
        domain.undefineFlags(UNDEFINE_FLAGS)
    except libvirt.libvirtError as error:
        # The test driver knows some of the flags only.
        if error.get_error_code() not in {libvirt.VIR_ERR_INVALID_ARG, libvirt.VIR_ERR_ARGUMENT_UNSUPPORTED}:
            raise
        domain.undefine()


def _power_state(domain: libvirt.virDomain) -> PowerState:
    return states.power_state(*domain.state())


def _power_states(connection: libvirt.virConnect) -> dict[UUID, PowerState]:
    records = connection.getAllDomainStats(libvirt.VIR_DOMAIN_STATS_STATE, 0)
    return {
        UUID(domain.UUIDString()): states.power_state(record["state.state"], record["state.reason"])
        for domain, record in records
        if not domain.name().startswith(PROBE_PREFIX)
    }


def _statistics(connection: libvirt.virConnect) -> dict[UUID, InstanceStatistics]:
    records = connection.getAllDomainStats(states.STATISTICS, libvirt.VIR_CONNECT_GET_ALL_DOMAINS_STATS_ACTIVE)
    return {
        UUID(domain.UUIDString()): states.statistics(record)
        for domain, record in records
        if not domain.name().startswith(PROBE_PREFIX)
    }

"""libvirt's words for what a domain does and has used, in ours."""

from __future__ import annotations

from collections.abc import Mapping

import libvirt

from compute.hypervisors.base import InstanceStatistics, PowerState

STATISTICS = (
    libvirt.VIR_DOMAIN_STATS_CPU_TOTAL
    | libvirt.VIR_DOMAIN_STATS_BALLOON
    | libvirt.VIR_DOMAIN_STATS_INTERFACE
    | libvirt.VIR_DOMAIN_STATS_BLOCK
)
_STATES = {
    libvirt.VIR_DOMAIN_RUNNING: PowerState.RUNNING,
    libvirt.VIR_DOMAIN_BLOCKED: PowerState.RUNNING,
    libvirt.VIR_DOMAIN_SHUTDOWN: PowerState.RUNNING,
    libvirt.VIR_DOMAIN_PAUSED: PowerState.PAUSED,
    libvirt.VIR_DOMAIN_PMSUSPENDED: PowerState.PAUSED,
    libvirt.VIR_DOMAIN_CRASHED: PowerState.CRASHED,
}
# "Daemon" is what libvirtd says of a guest that was gone when it came back.
_CRASHES = frozenset({libvirt.VIR_DOMAIN_SHUTOFF_CRASHED, libvirt.VIR_DOMAIN_SHUTOFF_DAEMON})


def power_state(state: int, reason: int) -> PowerState:
    if state == libvirt.VIR_DOMAIN_SHUTOFF and reason in _CRASHES:
        return PowerState.CRASHED
    return _STATES.get(state, PowerState.STOPPED)


def statistics(record: Mapping[str, int]) -> InstanceStatistics:
    """One record of `virConnectGetAllDomainStats`; what a driver leaves out counts as zero."""
    return InstanceStatistics(
        cpu_time_ns=record.get("cpu.time", 0),
        memory_used_mib=_memory_used_kib(record) // 1024,
        received_bytes=_sum(record, "net", "rx.bytes"),
        sent_bytes=_sum(record, "net", "tx.bytes"),
        read_bytes=_sum(record, "block", "rd.bytes"),
        written_bytes=_sum(record, "block", "wr.bytes"),
    )


def _memory_used_kib(record: Mapping[str, int]) -> int:
    """What the guest uses where its balloon driver says so, else what it takes from the host."""
    if "balloon.available" in record and "balloon.unused" in record:
        return record["balloon.available"] - record["balloon.unused"]
    return record.get("balloon.rss", record.get("balloon.current", 0))


def _sum(record: Mapping[str, int], group: str, counter: str) -> int:
    return sum(record.get(f"{group}.{index}.{counter}", 0) for index in range(record.get(f"{group}.count", 0)))

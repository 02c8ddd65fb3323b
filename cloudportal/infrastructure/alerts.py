"""What operators are told about hosts, and about CPUs and memory running short.

Hosts take new work by what they have left, so they fill together: what runs short is a cluster or a zone, and one
statement sums up the hosts of all of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Sum

from cloudportal.core.alerts import Condition, check, declare, subject_of
from cloudportal.core.models import Event
from cloudportal.infrastructure.models import Cluster, Host
from cloudportal.infrastructure.states import ConnectionState, ResourceState
from cloudportal.infrastructure.thresholds import Threshold, threshold

HOST_DISCONNECTED = declare("host-disconnected", "Host disconnected", "A host that is not in maintenance is silent.")
CPU_CAPACITY = declare("cpu-capacity", "CPUs short", "Most CPUs of a cluster or a zone are promised.")
MEMORY_CAPACITY = declare("memory-capacity", "Memory short", "Most memory of a cluster or a zone is promised.")

CPU = threshold("cpu", "CPUs promised in a cluster or zone", scopes=("cluster", "zone"))
MEMORY = threshold("memory", "memory promised in a cluster or zone", scopes=("cluster", "zone"))


def is_missed(host: Host) -> bool:
    """Whether it matters that the host is silent."""
    return host.resource_state != ResourceState.MAINTENANCE


def words_of_silence(host: Host, error: str) -> str:
    return f"Host {host} does not answer: {error}" if error else f"Host {host} does not answer."


@check(HOST_DISCONNECTED)
def silent_hosts() -> Iterator[Condition]:
    """Probing alerts at once; this finds what it missed, and hosts that are gone or in maintenance by now."""
    silent = Host.objects.filter(connection_state=ConnectionState.DISCONNECTED).select_related("zone")
    for host in silent.exclude(resource_state=ResourceState.MAINTENANCE).order_by("pk"):
        yield Condition(subject_of(host), words_of_silence(host, host.last_error), Event.Level.ERROR)


@check(CPU_CAPACITY)
def short_of_cpus() -> Iterator[Condition]:
    return _short(CPU, "CPUs are promised", "cpus_used", "cpu_capacity")


@check(MEMORY_CAPACITY)
def short_of_memory() -> Iterator[Condition]:
    return _short(MEMORY, "memory is promised", "memory_used_mib", "memory_capacity_mib")


@dataclass(slots=True)
class _Sums:
    zone: Any
    used: int = 0
    total: int = 0


def _short(at: Threshold, noun: str, used: str, total: str) -> Iterator[Condition]:
    clusters = Cluster.objects.select_related("pod__zone").order_by("pk")
    zones: dict[int, _Sums] = {}
    for cluster in clusters.annotate(used=Sum(f"hosts__{used}", default=0), total=Sum(f"hosts__{total}", default=0)):
        zone = cluster.pod.zone
        sums = zones.setdefault(zone.pk, _Sums(zone))
        sums.used, sums.total = sums.used + cluster.used, sums.total + cluster.total
        if found := at.condition(subject_of(cluster, zone), noun, cluster.used, cluster.total, cluster):
            yield found
    for sums in zones.values():
        if found := at.condition(subject_of(sums.zone, sums.zone), noun, sums.used, sums.total, sums.zone):
            yield found

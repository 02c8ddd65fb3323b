"""Reading the hierarchy. Zones are for everybody who may use them; what is below is for operators."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from django.db.models import Count, QuerySet, Sum

from cloudportal.core.configuration import value_of
from cloudportal.core.models import Alert, Event
from cloudportal.core.states import UNRESOLVED
from cloudportal.infrastructure.models import Cluster, Host, Pod, Zone
from cloudportal.infrastructure.settings import CAPACITY_FULL, CAPACITY_WARN
from cloudportal.infrastructure.states import AllocationState
from tenants.actor import Actor


@dataclass(frozen=True, slots=True)
class Capacity:
    """How much of one kind is promised, of how much may be. `unit` is MiB, bytes, CPUs or a count.

    `zone` is where all of it is; without one it is the whole cloud's.
    """

    kind: str
    unit: str
    used: int
    total: int
    zone: Zone | None = None

    @property
    def percent(self) -> float:
        return 100 * self.used / self.total if self.total else 0.0

    @property
    def level(self) -> Literal["ok", "warn", "full"]:
        share = Decimal(self.percent) / 100
        if share >= value_of(CAPACITY_FULL, self.zone):
            return "full"
        return "warn" if share >= value_of(CAPACITY_WARN, self.zone) else "ok"


def zones(actor: Actor) -> QuerySet[Zone]:
    """All zones for operators, the enabled ones for tenants."""
    if actor.is_operator:
        return Zone.objects.all()
    return Zone.objects.filter(allocation_state=AllocationState.ENABLED)


def pods(actor: Actor) -> QuerySet[Pod]:
    return Pod.objects.select_related("zone") if actor.is_operator else Pod.objects.none()


def clusters(actor: Actor) -> QuerySet[Cluster]:
    return Cluster.objects.select_related("pod__zone") if actor.is_operator else Cluster.objects.none()


def hosts(actor: Actor) -> QuerySet[Host]:
    return Host.objects.select_related("zone", "cluster__pod") if actor.is_operator else Host.objects.none()


def alerts(actor: Actor) -> QuerySet[Alert]:
    """Alerts of the cloud, the newest first."""
    return Alert.objects.all() if actor.may_everywhere("alerts.view") else Alert.objects.none()


def alerts_by_level(actor: Actor) -> dict[str, int]:
    """How many alerts are open, not counting what somebody acknowledged, by level; the graver first."""
    rows = alerts(actor).order_by().filter(state__in=UNRESOLVED).values_list("state", "level")
    counted = {level: count for state, level, count in rows.annotate(count=Count("id")) if state == "Open"}
    return {level: counted[level] for level in reversed(Event.Level.values) if level in counted}


def capacity(actor: Actor, zone: Zone | None = None) -> list[Capacity]:
    """CPUs and memory over the hosts that the actor may see."""
    rows = hosts(actor).order_by()
    if zone is not None:
        rows = rows.filter(zone=zone)
    sums = rows.aggregate(
        cpus=Sum("cpus_used", default=0),
        all_cpus=Sum("cpu_capacity", default=0),
        memory=Sum("memory_used_mib", default=0),
        all_memory=Sum("memory_capacity_mib", default=0),
    )
    return [
        Capacity("CPUs", "CPUs", sums["cpus"], sums["all_cpus"], zone),
        Capacity("Memory", "MiB", sums["memory"], sums["all_memory"], zone),
    ]


def hosts_by_state(actor: Actor) -> dict[str, int]:
    """How many hosts are in each connection state."""
    rows = hosts(actor).order_by().values_list("connection_state").annotate(count=Count("id"))
    return dict(rows)

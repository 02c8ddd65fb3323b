"""What an operator alarms on, read from the database. No tenant's name stands in a label, and few labels there are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Count, Max, Min, Q, QuerySet, Sum
from prometheus_client.core import GaugeMetricFamily as Gauge

from cloudportal.core.clock import now
from cloudportal.core.models import Alert
from cloudportal.core.states import UNRESOLVED
from cloudportal.doors.readiness import HEARD_WITHIN
from cloudportal.infrastructure.selectors import hosts
from cloudportal.jobs.models import Job, WorkerNode
from cloudportal.jobs.models.job import ACTIVE, ENDED
from compute.selectors import instances
from network.models import PublicAddress
from storage.selectors import pools, stores
from tenants.actor import SYSTEM

# So many of the newest jobs say how jobs end: the table keeps years of them.
RECENT_JOBS = 5_000


def jobs() -> Iterator[Gauge]:
    active = Job.objects.filter(state__in=ACTIVE).order_by()
    yield _counted("jobs_active", "Jobs that are not over.", ("state", "kind"), active)
    newest = Job.objects.aggregate(newest=Max("pk"))["newest"] or 0
    ended = Job.objects.filter(pk__gt=newest - RECENT_JOBS, state__in=ENDED).order_by()
    words = f"How the jobs ended that are among the newest {RECENT_JOBS}."
    yield _counted("jobs_ended_recently", words, ("state", "kind"), ended)
    oldest = active.filter(state=Job.State.QUEUED).aggregate(at=Min("delivered_at"))["at"]
    age = max(0.0, (now() - oldest).total_seconds()) if oldest else 0.0
    yield _one("job_oldest_queued_seconds", "How long the oldest queued job has been waiting for a worker.", age)


def workers() -> Iterator[Gauge]:
    nodes = Gauge("cloudportal_worker_nodes", "Worker nodes.", labels=["state"])
    alive = now() - HEARD_WITHIN
    heard = list(WorkerNode.objects.values_list("heard_at", "workers"))
    living = [count for at, count in heard if at and at > alive]
    nodes.add_metric(["alive"], len(living))
    nodes.add_metric(["silent"], len(heard) - len(living))
    yield nodes
    yield _one("worker_processes", "Processes of the worker nodes that are alive.", sum(living))


def hosts_by_state() -> Iterator[Gauge]:
    names = {"zone": "zone__name", "resource_state": "resource_state", "connection_state": "connection_state"}
    yield _counted("hosts", "Hosts.", names, hosts(SYSTEM).order_by())


def instances_by_state() -> Iterator[Gauge]:
    names = {"zone": "zone__name", "state": "state"}
    yield _counted("instances", "Instances that are not expunged.", names, instances(SYSTEM).order_by())


def capacity() -> Iterator[Gauge]:
    used = Gauge("cloudportal_capacity_used", "What is promised or used.", labels=["kind", "zone"])
    total = Gauge("cloudportal_capacity_total", "Of how much.", labels=["kind", "zone"])
    for kind, zone, in_use, there_is in _capacities():
        used.add_metric([kind, zone], in_use)
        total.add_metric([kind, zone], there_is)
    yield used
    yield total


def pool_fill() -> Iterator[Gauge]:
    labels = ("zone", "cluster", "pool")
    figures = {
        "pool_promised_bytes": ("Promised of a primary storage pool.", "allocated_bytes"),
        "pool_promisable_bytes": ("What may be promised of it.", "capacity_bytes"),
        "pool_used_bytes": ("What its device holds.", None),
        "pool_total_bytes": ("What fits on its device.", "total_bytes"),
    }
    rows = list(pools(SYSTEM).order_by("pk"))
    for name, (words, field) in figures.items():
        gauge = Gauge(f"cloudportal_{name}", words, labels=labels)
        for pool in rows:
            value = getattr(pool, field) if field else pool.total_bytes - pool.available_bytes
            gauge.add_metric([pool.zone.name, pool.cluster.name, pool.name], value)
        yield gauge


def alerts() -> Iterator[Gauge]:
    rows = Alert.objects.filter(state__in=UNRESOLVED).order_by()
    yield _counted("alerts", "Alerts that are not resolved.", ("kind", "level", "state"), rows)


def _capacities() -> Iterator[tuple[str, str, int, int]]:
    of_hosts = hosts(SYSTEM).order_by().values_list("zone__name").annotate(
        Sum("cpus_used"), Sum("cpu_capacity"), Sum("memory_used_mib"), Sum("memory_capacity_mib")
    )  # fmt: skip
    for zone, cpus, all_cpus, memory, all_memory in of_hosts:
        yield "cpus", zone, cpus, all_cpus
        yield "memory_mib", zone, memory, all_memory
    of_pools = pools(SYSTEM).order_by().values_list("zone__name")
    for zone, promised, promisable in of_pools.annotate(Sum("allocated_bytes"), Sum("capacity_bytes")):
        yield "primary_bytes", zone, promised, promisable
    of_stores = stores(SYSTEM).order_by().values_list("zone__name")
    for zone, there_is, is_free in of_stores.annotate(Sum("total_bytes"), Sum("available_bytes")):
        yield "secondary_bytes", zone, there_is - is_free, there_is
    addresses = PublicAddress.objects.order_by().values_list("zone__name")
    held = Count("pk", filter=Q(account__isnull=False))
    for zone, there_are, used in addresses.annotate(there_are=Count("pk"), used=held):
        yield "public_addresses", zone, used, there_are


def _counted(name: str, words: str, labels: dict[str, str] | tuple[str, ...], rows: QuerySet[Any]) -> Gauge:
    """Rows counted by columns."""
    columns = labels if isinstance(labels, dict) else {label: label for label in labels}
    gauge = Gauge(f"cloudportal_{name}", words, labels=list(columns))
    for *values, count in rows.values_list(*columns.values()).annotate(Count("pk")):
        gauge.add_metric([str(value) for value in values], count)
    return gauge


def _one(name: str, words: str, value: float) -> Gauge:
    return Gauge(f"cloudportal_{name}", words, value=value)


FIGURES = (jobs, workers, hosts_by_state, instances_by_state, capacity, pool_fill, alerts)

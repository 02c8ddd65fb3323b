"""Where an instance goes: one statement chooses among the hosts that fit and takes the room.

Measured alternatives are in docs/performance.md. The host with the most free memory is taken, read from a
partial index in order; a host that a neighbour is taking right now is skipped instead of waited for. Before
refusing, the search is done again without skipping, since "all that fit are locked" is not "none fits". Whoever
waits keeps the lock on every host that turned out to be full meanwhile, so waiting is done in the order of the ids,
and a search that found nothing is rolled back to its savepoint, which gives its locks back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import F

from cloudportal.core.errors import CapacityExhausted
from cloudportal.infrastructure.models import Host, Zone
from storage.models import StoragePool
from storage.reservations import reserve_pool

_FITS = """
    FROM infrastructure_host h
    WHERE h.zone_id = %(zone)s AND h.is_schedulable
      AND h.memory_free_mib >= %(memory)s AND h.cpu_capacity - h.cpus_used >= %(cpus)s
      AND (%(cluster)s::bigint IS NULL OR h.cluster_id = %(cluster)s)
      AND (%(cluster)s::bigint IS NOT NULL OR EXISTS (
        SELECT 1 FROM storage_storagepool p
        WHERE p.cluster_id = h.cluster_id AND p.allocation_state = 'Enabled' AND p.last_error = ''
          AND p.capacity_bytes - p.allocated_bytes >= %(size)s
          AND p.total_bytes - p.available_bytes <= p.total_bytes * p.disable_threshold))
"""
_TAKE = (
    """
WITH chosen AS (SELECT h.id """
    + _FITS
    + """ ORDER BY {order} LIMIT 1 FOR NO KEY UPDATE OF h {skip})
UPDATE infrastructure_host h
SET cpus_used = h.cpus_used + %(cpus)s, memory_used_mib = h.memory_used_mib + %(memory)s
FROM chosen WHERE h.id = chosen.id
  AND h.memory_capacity_mib - h.memory_used_mib >= %(memory)s AND h.cpu_capacity - h.cpus_used >= %(cpus)s
RETURNING h.id
"""
)
_EXPLAIN = """
SELECT count(*),
       count(*) FILTER (WHERE enabled),
       count(*) FILTER (WHERE enabled AND up),
       count(*) FILTER (WHERE enabled AND up AND cpu),
       count(*) FILTER (WHERE enabled AND up AND cpu AND memory),
       count(*) FILTER (WHERE enabled AND up AND cpu AND memory AND storage)
FROM (
  SELECT h.resource_state = 'Enabled' AND c.allocation_state = 'Enabled' AND d.allocation_state = 'Enabled'
           AND z.allocation_state = 'Enabled' AS enabled,
         h.connection_state = 'Up' AS up,
         h.cpu_capacity - h.cpus_used >= %(cpus)s AS cpu,
         h.memory_capacity_mib - h.memory_used_mib >= %(memory)s AS memory,
         EXISTS (SELECT 1 FROM storage_storagepool p
                 WHERE p.cluster_id = h.cluster_id AND p.allocation_state = 'Enabled' AND p.last_error = ''
                   AND p.capacity_bytes - p.allocated_bytes >= %(size)s
                   AND p.total_bytes - p.available_bytes <= p.total_bytes * p.disable_threshold) AS storage
  FROM infrastructure_host h
  JOIN infrastructure_cluster c ON c.id = h.cluster_id
  JOIN infrastructure_pod d ON d.id = c.pod_id
  JOIN infrastructure_zone z ON z.id = d.zone_id
  WHERE h.zone_id = %(zone)s AND (%(cluster)s::bigint IS NULL OR h.cluster_id = %(cluster)s)
) hosts
"""
_ROOM = (
    """
SELECT coalesce(sum(least(
    (h.cpu_capacity - h.cpus_used) / %(cpus)s, h.memory_free_mib / %(memory)s)), 0)
"""
    + _FITS
)
_EMPTIEST = _TAKE.format(order="h.memory_free_mib DESC", skip="SKIP LOCKED")
_WAITING = _TAKE.format(order="h.id", skip="")
FILTERS = ("hosts of the zone", "enabled", "connected", "with enough CPUs", "with enough memory", "with enough storage")
TRIES = 5


@dataclass(frozen=True, slots=True)
class Demand:
    """What an instance needs, and where it may go; `cluster` binds it to where its disks are."""

    zone: Zone
    cpus: int
    memory_mib: int
    size_bytes: int = 0
    cluster_id: int | None = None

    def as_parameters(self) -> dict[str, int | None]:
        return {
            "zone": self.zone.pk,
            "cpus": self.cpus,
            "memory": self.memory_mib,
            "size": self.size_bytes,
            "cluster": self.cluster_id,
        }


def place(demand: Demand) -> tuple[Host, StoragePool]:
    """Reserve a host and room for the root disk in its cluster, in the caller's transaction.

    Raises:
        CapacityExhausted: with the number of hosts that each filter left.
    """
    for _ in range(TRIES):
        with _kept_if_found():
            host = take_host(demand)
            if host is None:
                break
            # None: another took the last room of the cluster between the two statements. Then look again.
            if pool := reserve_pool(host.cluster, demand.size_bytes):
                return host, pool
            raise _NothingFound
    raise refusal(demand)


def take_host(demand: Demand) -> Host | None:
    """Reserve CPUs and memory on the best host; None when none fits."""
    for statement in (_EMPTIEST, _WAITING, _WAITING):
        with _kept_if_found(), connection.cursor() as cursor:
            cursor.execute(statement, demand.as_parameters())
            if row := cursor.fetchone():
                return Host.objects.select_related("cluster").get(pk=row[0])
            raise _NothingFound
    return None


class _NothingFound(Exception):
    """Rolls the search back, with its locks."""


@contextmanager
def _kept_if_found() -> Iterator[None]:
    with suppress(_NothingFound), transaction.atomic():
        yield


def take_this_host(host: Host, cpus: int, memory_mib: int) -> bool:
    """Reserve on one host, if it may be given work and has the room."""
    fits = Host.objects.filter(
        pk=host.pk,
        is_schedulable=True,
        memory_free_mib__gte=memory_mib,
        cpus_used__lte=F("cpu_capacity") - cpus,
    )
    taken = 0
    with _kept_if_found():
        taken = fits.update(cpus_used=F("cpus_used") + cpus, memory_used_mib=F("memory_used_mib") + memory_mib)
        if not taken:
            raise _NothingFound
    return bool(taken)


def release_host(host: Host, cpus: int, memory_mib: int) -> None:
    """Give CPUs and memory back. Callers see to it that it happens once."""
    Host.objects.filter(pk=host.pk).update(
        cpus_used=F("cpus_used") - cpus, memory_used_mib=F("memory_used_mib") - memory_mib
    )


def explain(demand: Demand) -> list[tuple[str, int]]:
    """How many hosts each filter leaves, one after the other."""
    with connection.cursor() as cursor:
        cursor.execute(_EXPLAIN, demand.as_parameters())
        return list(zip(FILTERS, cursor.fetchone(), strict=True))


def refusal(demand: Demand) -> CapacityExhausted:
    """The refusal, naming the filter that left nothing."""
    steps = explain(demand)
    text = ", ".join(f"{left} {name}" for name, left in steps)
    return CapacityExhausted(
        f"No host fits {demand.cpus} CPUs and {demand.memory_mib} MiB: none is left {culprit(steps)} ({text}).",
        filters=[{"filter": name, "left": left} for name, left in steps],
    )


def culprit(steps: Sequence[tuple[str, int]]) -> str:
    """The filter that left nothing, as it goes on after “no host is left”."""
    name = next((name for name, left in steps if left == 0), "not taken by others at this moment")
    return "in the zone" if name == FILTERS[0] else name


def fits(demand: Demand) -> int:
    """How many instances of that size would fit now, by CPUs and memory, where a root disk has room too."""
    with connection.cursor() as cursor:
        cursor.execute(_ROOM, demand.as_parameters())
        return int(cursor.fetchone()[0])

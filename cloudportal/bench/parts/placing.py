"""Placements per second from several processes, and whether the counters are still the sums."""

from __future__ import annotations

import multiprocessing
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from typing import Any

from django.db import connection, transaction

from cloudportal.bench.statistics import milliseconds, percentile
from cloudportal.core.errors import CapacityExhausted
from cloudportal.infrastructure.models import Host, Zone
from compute.placement import Demand, place
from storage.models import StoragePool

# CPUs, MiB and GiB of disk, as tenants mix them.
DEMANDS = ((1, 1_024, 10), (2, 4_096, 20), (1, 2_048, 20), (4, 8_192, 50))
LONGEST_WAIT_SECONDS = 120


@dataclass(slots=True)
class Taken:
    """What one process, or all of them, took of each host and pool."""

    seconds: list[float] = field(default_factory=list)
    refused: int = 0
    cpus: Counter[int] = field(default_factory=Counter)
    memory_mib: Counter[int] = field(default_factory=Counter)
    size_bytes: Counter[int] = field(default_factory=Counter)

    def add(self, other: Taken) -> None:
        self.seconds += other.seconds
        self.refused += other.refused
        for mine, theirs in ((self.cpus, other.cpus), (self.memory_mib, other.memory_mib)):
            mine.update(theirs)
        self.size_bytes.update(other.size_bytes)


def measure_placing(*, seconds: float, processes: int) -> dict[str, Any]:
    """Choose and claim in a short transaction each, as fast as `processes` clients can."""
    zone, before = Zone.objects.get(), _counters()
    connection.close()  # children of a fork must not share it
    context = multiprocessing.get_context("fork")
    barrier, answers = context.Barrier(processes), context.Queue()
    children = [
        context.Process(target=_place_for, args=(zone, number, seconds, barrier, answers), daemon=True)
        for number in range(processes)
    ]
    for child in children:
        child.start()
    total, longest = Taken(), 0.0
    for _ in children:
        taken, took = answers.get(timeout=seconds + LONGEST_WAIT_SECONDS)
        total.add(taken)
        longest = max(longest, took)
    for child in children:
        child.join()
    return {
        "placed": len(total.seconds),
        "per_second": round(len(total.seconds) / longest, 1),
        "p50_ms": milliseconds(percentile(total.seconds, 50)),
        "p99_ms": milliseconds(percentile(total.seconds, 99)),
        "refused": total.refused,
        "drift": _drift(before, total),
    }


def _place_for(zone: Zone, number: int, seconds: float, barrier: Barrier, answers: Queue[Any]) -> None:
    taken = Taken()
    connection.ensure_connection()
    barrier.wait(LONGEST_WAIT_SECONDS)
    begun = time.monotonic()
    while (now := time.monotonic()) - begun < seconds:
        cpus, memory_mib, gib = DEMANDS[(len(taken.seconds) + number) % len(DEMANDS)]
        try:
            with transaction.atomic():
                host, pool = place(Demand(zone, cpus, memory_mib, gib << 30))
        except CapacityExhausted:
            taken.refused += 1
            continue
        taken.seconds.append(time.monotonic() - now)
        taken.cpus[host.pk] += cpus
        taken.memory_mib[host.pk] += memory_mib
        taken.size_bytes[pool.pk] += gib << 30
    answers.put((taken, time.monotonic() - begun))
    connection.close()


@dataclass(frozen=True, slots=True)
class _Counters:
    cpus: dict[int, int]
    memory_mib: dict[int, int]
    size_bytes: dict[int, int]


def _counters() -> _Counters:
    return _Counters(
        dict(Host.objects.values_list("pk", "cpus_used")),
        dict(Host.objects.values_list("pk", "memory_used_mib")),
        dict(StoragePool.objects.values_list("pk", "allocated_bytes")),
    )


def _drift(before: _Counters, taken: Taken) -> int:
    """How many counters are not what they were plus what was taken."""
    then, now = asdict(before), asdict(_counters())
    given: dict[str, Counter[int]] = {
        "cpus": taken.cpus, "memory_mib": taken.memory_mib, "size_bytes": taken.size_bytes,
    }  # fmt: skip
    return sum(now[name][key] != count + given[name][key] for name in given for key, count in then[name].items())

"""A page of a tenant's instances among very many, beside the same SELECT without anything around it."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import sql

from cloudportal.bench.client import API, Client
from cloudportal.bench.statistics import milliseconds, percentile, timed
from cloudportal.bench.workbench import Workbench
from cloudportal.setup.steps import step

NAMES = ("100k", "1m")
PAGE = f"{API}/instances/?limit=50"
WARM_UP = 20


@dataclass(slots=True)
class Side:
    """One database with the portal on it, and the seconds that were measured."""

    port: int
    key: str
    select: sql.SQL
    client: Client
    raw: psycopg.Connection[Any]
    pages: list[float] = field(default_factory=list)
    selects: list[float] = field(default_factory=list)

    def look(self) -> None:
        self.pages.append(timed(lambda: self.client.get(PAGE)))
        self.selects.append(timed(lambda: self.raw.execute(self.select, prepare=True).fetchall()))


def measure_lists(bench: Workbench) -> dict[str, Any]:
    """One client alternates between the portals and the bare databases; then many ask each portal at once."""
    figures: dict[str, Any] = {}
    with ExitStack() as stack:
        sides = {name: _side(bench, stack, name, number) for number, name in enumerate(NAMES)}
        with step("Lists: one client"):
            for number in range(bench.sizes.list_requests + WARM_UP):
                for side in sides.values():
                    side.look()
                    if number < WARM_UP:
                        side.pages.clear()
                        side.selects.clear()
        for name, side in sides.items():
            with step(f"Lists: {bench.sizes.list_clients} clients, {name}"):
                rate = _rate(side, bench.sizes.list_clients, bench.sizes.list_seconds)
            figures[f"list_50_of_{name}_per_second"] = round(rate, 1)
            figures |= _latencies(name, side)
    ratio = figures["list_50_of_1m_p50_ms"] / figures["list_50_of_100k_p50_ms"]
    return figures | {"list_cost_ratio_1000_to_20000_hosts": round(ratio, 2)}


def _side(bench: Workbench, stack: ExitStack, name: str, number: int) -> Side:
    sizes = bench.sizes
    url = stack.enter_context(bench.database(f"list_{name}"))
    with step(f"Lists: filling {sizes.instances[number]} instances"):
        facts = bench.run(
            url, "seed_estate", hosts=sizes.hosts[number], accounts=sizes.accounts,
            instances=sizes.instances[number], tenant_instances=sizes.tenant_instances,
        )  # fmt: skip
    port = stack.enter_context(bench.portal(url))
    raw = stack.enter_context(psycopg.connect(url, autocommit=True))
    return Side(port, facts["key"], sql.SQL(facts["select"]), Client(port, facts["key"]), raw)


def _latencies(name: str, side: Side) -> dict[str, float]:
    return {
        f"list_50_of_{name}_p50_ms": milliseconds(percentile(side.pages, 50)),
        f"list_50_of_{name}_p99_ms": milliseconds(percentile(side.pages, 99)),
        f"raw_list_50_of_{name}_p50_ms": milliseconds(percentile(side.selects, 50)),
        f"raw_list_50_of_{name}_p99_ms": milliseconds(percentile(side.selects, 99)),
    }


def _rate(side: Side, clients: int, seconds: float) -> float:
    """Pages a second that all clients together get."""
    end = time.monotonic() + seconds

    def ask(_number: int) -> int:
        client, count = Client(side.port, side.key), 0
        while time.monotonic() < end:
            client.get(PAGE)
            count += 1
        client.close()
        return count

    with ThreadPoolExecutor(clients) as threads:
        return sum(threads.map(ask, range(clients))) / seconds

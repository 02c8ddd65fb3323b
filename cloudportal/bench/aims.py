"""What is aimed at, and the words of the table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Aim:
    """One row of the table. Without `limit` the figure is there to compare with."""

    key: str
    title: str
    unit: str = ""
    limit: float | None = None
    at_least: bool = False

    @property
    def text(self) -> str:
        if self.limit is None:
            return ""
        sign = "≥" if self.at_least else "≤"
        return f"{sign} {self.limit:g} {self.unit}".strip()

    def shown(self, figures: dict[str, Any]) -> str:
        value = figures.get(self.key)
        return "not measured" if value is None else f"{value:g} {self.unit}".strip()

    def verdict(self, figures: dict[str, Any]) -> str:
        value = figures.get(self.key)
        if value is None or self.limit is None:
            return ""
        return "yes" if (value >= self.limit if self.at_least else value <= self.limit) else "**no**"


PER_SECOND = "/s"
AIMS = (
    Aim("creates_per_second", "Instances, POST to Running, simulator, 2 workers", PER_SECOND, 25, at_least=True),
    Aim("single_create_p50_ms", "One instance alone, POST to Running, p50", "ms", 500),
    Aim("create_answer_p50_ms", "Answer to a POST while many are made, p50", "ms"),
    Aim("enqueue_to_start_p50_ms", "Enqueue to start, idle, p50", "ms", 30),
    Aim("placements_per_second_1000_hosts", "Placements, 1,000 hosts", PER_SECOND),
    Aim("placements_per_second_20000_hosts", "Placements, 20,000 hosts", PER_SECOND, 200, at_least=True),
    Aim("placement_20000_hosts_p99_ms", "Placement among 20,000 hosts, p99", "ms", 250),
    Aim("placement_cost_ratio_1000_to_20000_hosts", "Placement, cost from 1,000 to 20,000 hosts", "x", 1.5),
    Aim("placements_drift", "Counters that are not the sum of what was placed", "", 0),
    Aim("list_50_of_1m_p50_ms", "List 50 of 1,000,000 instances, p50", "ms", 6),
    Aim("list_50_of_1m_p99_ms", "List 50 of 1,000,000 instances, p99", "ms", 20),
    Aim("list_50_of_1m_per_second", "List 50 of 1,000,000, 8 clients", PER_SECOND, 350, at_least=True),
    Aim("raw_list_50_of_1m_p50_ms", "The same SELECT in raw psycopg, p50", "ms"),
    Aim("list_50_of_100k_p50_ms", "List 50 of 100,000 instances, p50", "ms"),
    Aim("list_50_of_100k_p99_ms", "List 50 of 100,000 instances, p99", "ms"),
    Aim("raw_list_50_of_100k_p50_ms", "The same SELECT in raw psycopg, p50", "ms"),
    Aim(
        "list_cost_ratio_1000_to_20000_hosts",
        "List, cost from 1,000 hosts to 20,000 (and ten times the rows)",
        "x",
        1.2,
    ),
    Aim("every_list_slowest_p95_ms", "The slowest list of all at 25,000 accounts, any caller, p95", "ms", 50),
    Aim("list_1000_instances_p50_ms", "1,000 instances with all details, five pages, p50", "ms", 150),
    Aim("real_guest_overhead_ratio", "Real guest, over the bare calls", "x", 1.25),
    Aim("pgbench_n_per_second", "`pgbench -N`, 16 clients, same server", PER_SECOND),
)

# Averages of 100 calls that CloudStack's project published for its version 4.20 with 25,000 hosts, 25,000 instances,
# 50,000 volumes, 25,000 networks and 25,000 accounts, in seconds.
PUBLISHED = {
    "domains": 4.6, "hosts": 7.6, "volumes": 9.2, "instances": 11.8, "networks": 43.6, "accounts": 49.6,
}  # fmt: skip

"""Choosing and claiming a host, in a small zone and in a large one."""

from __future__ import annotations

from typing import Any

from cloudportal.bench.workbench import Workbench
from cloudportal.setup.steps import step

NAMES = ("1000_hosts", "20000_hosts")


def measure_placements(bench: Workbench) -> dict[str, Any]:
    """Rounds alternate between the sizes; the middle round counts."""
    sizes = bench.sizes
    with bench.database("place_small") as small, bench.database("place_large") as large:
        with step("Placements: seeding hosts"):
            for url, hosts in zip((small, large), sizes.hosts, strict=True):
                bench.run(url, "seed_hosts", hosts=hosts)
        rounds: dict[str, list[dict[str, Any]]] = {name: [] for name in NAMES}
        with step("Placements: measuring"):
            for _ in range(sizes.placing_rounds):
                for name, url in zip(NAMES, (small, large), strict=True):
                    done = bench.run(
                        url, "measure_placing", seconds=sizes.placing_seconds, processes=sizes.placing_processes
                    )
                    rounds[name].append(done)
    return _figures(rounds)


def _figures(rounds: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    figures: dict[str, Any] = {"placements_drift": 0, "placements_refused": 0}
    rates = []
    for name, done in rounds.items():
        middle = sorted(done, key=lambda one: one["per_second"])[len(done) // 2]
        rates.append(middle["per_second"])
        figures[f"placements_per_second_{name}"] = middle["per_second"]
        figures[f"placement_{name}_p50_ms"] = middle["p50_ms"]
        figures[f"placement_{name}_p99_ms"] = middle["p99_ms"]
        figures["placements_drift"] += sum(one["drift"] for one in done)
        figures["placements_refused"] += sum(one["refused"] for one in done)
    figures["placement_cost_ratio_1000_to_20000_hosts"] = round(rates[0] / rates[1], 2)
    return figures

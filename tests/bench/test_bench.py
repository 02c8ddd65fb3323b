"""The benchmark, in sizes whose figures mean nothing: every part of it works and leaves nothing behind."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from cloudportal.bench.aims import AIMS
from cloudportal.bench.report import write_document
from cloudportal.bench.statistics import percentile

ROOT = Path(__file__).resolve().parents[2]
PROMISED = {
    "creates_per_second", "placements_per_second_1000_hosts", "placements_per_second_20000_hosts",
    "list_50_of_1m_p50_ms", "list_50_of_1m_p99_ms", "raw_list_50_of_1m_p50_ms", "enqueue_to_start_p50_ms",
    "pgbench_n_per_second",
}  # fmt: skip


@pytest.fixture
def state() -> Iterator[Path]:
    """Where the benchmark keeps its things; not pytest's directory, which PostgreSQL's user may not pass."""
    directory = Path(tempfile.mkdtemp(prefix="bench-"))
    yield directory
    shutil.rmtree(directory)


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_every_figure_is_measured_and_the_database_is_gone(state: Path) -> None:
    own = {"CLOUDPORTAL_STATE_DIR": str(state)}
    only = [part for name in ("placements", "jobs", "lists", "every-list") for part in ("--only", name)]
    command = [sys.executable, "-m", "cloudportal.bench", "--quick", *only]

    done = subprocess.run(command, cwd=ROOT, env=os.environ | own, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    results = json.loads((state / "bench.json").read_text())
    assert {name for name in PROMISED if not results[name] > 0} == set()
    assert results["placements_drift"] == 0
    assert {name for name, found in results["every_list"].items() if not found["root"]["rows"]} == set()
    assert {"accounts", "domains", "hosts", "instances", "networks", "volumes"} <= results["every_list"].keys()
    assert not (state / "postgres-bench").exists()
    assert not (state / "bench").exists()


def test_the_table_takes_the_place_of_the_last_one(tmp_path: Path) -> None:
    document = tmp_path / "performance.md"
    document.write_text("before\n<!-- bench:begin -->\nold\n<!-- bench:end -->\nafter\n")
    machine = {"cpus": 2, "cpu": "a CPU", "postgresql": "18", "python": "3.11", "django": "5.2"}
    results = {"date": "today", "machine": machine, "load": {"lists": [0.1, 0.2, 0.3]}, "creates_per_second": 12.5}

    write_document(results, document)

    text = document.read_text()
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "old" not in text
    assert "12.5 /s" in text


def test_an_aim_is_reached_or_not() -> None:
    aim = next(aim for aim in AIMS if aim.key == "creates_per_second")

    assert aim.verdict({"creates_per_second": 25}) == "yes"
    assert aim.verdict({"creates_per_second": 24.9}) == "**no**"
    assert aim.verdict({}) == ""


def test_percentiles_are_values_that_were_measured() -> None:
    assert percentile([5, 1, 4, 2, 3], 50) == 3
    assert percentile(list(range(1, 101)), 99) == 99

"""`python -m cloudportal.bench`: measure, show, and write `.local/bench.json`."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from datetime import UTC, datetime
from types import FrameType
from typing import Any

from cloudportal.bench.database import server
from cloudportal.bench.keeper import HOME, AlreadyMeasuring, keep, one_at_a_time
from cloudportal.bench.machine import describe, load, pgbench
from cloudportal.bench.measures import MEASURES
from cloudportal.bench.report import circumstances, lists_table, table, write_document, write_json
from cloudportal.bench.sizes import FULL, QUICK, Sizes
from cloudportal.bench.workbench import PartFailed, Workbench, empty_directory
from cloudportal.lab import LabError
from cloudportal.setup.environment import django_environment
from cloudportal.setup.owner import MARK, Owner
from cloudportal.setup.places import LOCAL, LOGS
from cloudportal.setup.server import ClusterError
from cloudportal.setup.steps import StepFailed, say, step

RESULTS = LOCAL / "bench.json"


def main(arguments: list[str]) -> int:
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGHUP, _stop)
    try:
        with one_at_a_time():
            keep()
            results = measure(options.only or list(MEASURES), QUICK if options.quick else FULL)
    except KeyboardInterrupt:
        return 130
    except (AlreadyMeasuring, StepFailed, ClusterError, PartFailed, LabError) as error:
        say(f"\n{error}")
        return 1
    say("\n" + "\n\n".join(filter(None, [table(results), lists_table(results), circumstances(results)])) + "\n")
    write_json(results, RESULTS)
    if options.write_docs:
        write_document(results)
    return 0


def measure(names: list[str], sizes: Sizes) -> dict[str, Any]:
    """Every figure, with the circumstances. What was not measured is null."""
    environment = django_environment(os.environ, database_url="")
    # The portal's processes carry our mark, by which the keeper finds them however we end.
    environment |= {"LOG_LEVEL": "WARNING", MARK: str(Owner.this_process())}
    LOGS.mkdir(parents=True, exist_ok=True)
    results: dict[str, Any] = {"date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"), "load": {}}
    with empty_directory(HOME) as home, server(environment) as running:
        bench = Workbench(running, sizes, home, environment)
        results["machine"] = describe() | {"postgresql": running.version()}
        results["load"]["pgbench"] = load()
        with step("pgbench -N"), bench.database("pgbench", empty=True) as url:
            results |= pgbench(url, sizes.pgbench_scale, sizes.pgbench_seconds)
        for name, work in MEASURES.items():
            if name in names:
                results["load"][name] = load()
                results |= work(bench)
    return results


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench", description="Measure the portal on a database of its own.")
    parser.add_argument("--quick", action="store_true", help="tiny sizes: shows that it works, measures nothing")
    parser.add_argument("--only", action="append", choices=list(MEASURES), help="one measurement; may be repeated")
    parser.add_argument("--write-docs", action="store_true", help="put the table into docs/performance.md")
    return parser


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""What the figures were measured on: without it they mean nothing."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psycopg

from cloudportal.setup.server import binaries

CLIENTS = 16
ROWS_FOR_EACH_SCALE = 100_000
DEBIAN = Path("/usr/lib/postgresql")

_TABLES = """
CREATE TABLE pgbench_accounts (aid int PRIMARY KEY, bid int, abalance int, filler char(84)) WITH (fillfactor = 90);
CREATE TABLE pgbench_history (tid int, bid int, aid int, delta int, mtime timestamp, filler char(22))
"""


def describe() -> dict[str, Any]:
    """The machine and the versions of what matters."""
    packages = ("django", "psycopg", "django-q2", "gunicorn")
    return {
        "cpus": os.cpu_count(),
        "cpu": _cpu_model(),
        "kernel": platform.release(),
        "python": platform.python_version(),
        **{name: version(name) for name in packages},
    }


def load() -> list[float]:
    return [round(value, 2) for value in os.getloadavg()]


def _cpu_model() -> str:
    found = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return found[1] if found else platform.machine()


def pgbench(url: str, scale: int, seconds: int) -> dict[str, Any]:
    """Transactions a second of `pgbench -N`, or of a loop that does the same where the program is missing."""
    program = _program()
    if program is None:
        _fill(url, scale)
        return {"pgbench_n_per_second": round(_loop(url, scale, seconds), 1), "pgbench_n_program": "psycopg loop"}
    subprocess.run([program, "-i", "-q", "-s", str(scale), url], check=True, capture_output=True)
    argv = [program, "-N", "-n", "-M", "prepared", "-c", str(CLIENTS), "-j", "2", "-T", str(seconds), url]
    said = subprocess.run(argv, check=True, capture_output=True, text=True).stdout
    found = re.search(r"^tps = ([\d.]+)", said, re.MULTILINE)
    return {"pgbench_n_per_second": round(float(found[1]), 1) if found else None, "pgbench_n_program": "pgbench"}


def _program() -> str | None:
    """The server's own, or Debian's."""
    candidates = [binaries() / "pgbench", *sorted(DEBIAN.glob("*/bin/pgbench"), reverse=True)]
    return next((str(path) for path in candidates if path.exists()), None)


def _fill(url: str, scale: int) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(_TABLES)
        connection.execute(
            "INSERT INTO pgbench_accounts SELECT n, 1, 0, '' FROM generate_series(1, %s) n",
            [scale * ROWS_FOR_EACH_SCALE],
        )


def _loop(url: str, scale: int, seconds: int) -> float:
    barrier = threading.Barrier(CLIENTS)

    def client(number: int) -> float:
        with psycopg.connect(url) as connection:
            barrier.wait(60)
            begun, count, row = time.monotonic(), 0, number + 1
            while (now := time.monotonic()) - begun < seconds:
                row = row * 48_271 % (scale * ROWS_FOR_EACH_SCALE) + 1
                with connection.transaction():
                    _transaction(connection, row, count)
                count += 1
        return count / (now - begun)

    with ThreadPoolExecutor(CLIENTS) as threads:
        return sum(threads.map(client, range(CLIENTS)))


def _transaction(connection: psycopg.Connection[Any], row: int, delta: int) -> None:
    connection.execute("UPDATE pgbench_accounts SET abalance = abalance + %s WHERE aid = %s", [delta, row])
    connection.execute("SELECT abalance FROM pgbench_accounts WHERE aid = %s", [row]).fetchone()
    connection.execute("INSERT INTO pgbench_history VALUES (1, 1, %s, %s, now())", [row, delta])

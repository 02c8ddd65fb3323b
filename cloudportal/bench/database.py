"""The PostgreSQL that is measured on: durable like a real one, and thrown away afterwards."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

import psycopg
from psycopg import sql

from cloudportal.setup.children import manage
from cloudportal.setup.cluster import Cluster
from cloudportal.setup.places import LOCAL
from cloudportal.setup.steps import run_step, step

_TABLES = "tables"


@dataclass(frozen=True, slots=True)
class Server:
    """A running server whose database `tables` holds our tables, empty."""

    cluster: Cluster

    def create(self, name: str, *, empty: bool = False) -> str:
        """A database for one measurement, with our tables unless `empty`; returns its URL."""
        template = sql.Identifier("template0" if empty else _TABLES)
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), template))
        return self.url(name)

    def drop(self, name: str) -> None:
        """Disk and background work of a measurement that is over must not burden the next one."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def url(self, name: str) -> str:
        return replace(self.cluster, database=name).url

    def version(self) -> str:
        with psycopg.connect(self.url("postgres")) as connection:
            row = connection.execute("SHOW server_version").fetchone()
        return str(row[0]) if row else ""


@contextmanager
def server(environment: Mapping[str, str]) -> Iterator[Server]:
    """A fresh server; what an earlier run left behind is removed before, what this one makes is after."""
    wipe()
    cluster = _cluster()
    with step("Starting a durable PostgreSQL"):
        url = cluster.start()
    try:
        run_step("Making the tables", manage("migrate", "--noinput"), {**environment, "DATABASE_URL": url})
        yield Server(cluster)
    finally:
        wipe()


def _cluster() -> Cluster:
    return Cluster(LOCAL / "postgres-bench", database=_TABLES)


def wipe() -> None:
    """Stop the server and forget everything; nothing there is success."""
    cluster = _cluster()
    cluster.stop()
    shutil.rmtree(cluster.home, ignore_errors=True)
    cluster.home.with_suffix(".lock").unlink(missing_ok=True)

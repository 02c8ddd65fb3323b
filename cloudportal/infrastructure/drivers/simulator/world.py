"""The world as tests and seeds see it: from outside our API."""

from __future__ import annotations

import json
import os
import sqlite3
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path
from typing import Literal
from urllib.parse import quote, urlencode
from uuid import UUID

from cloudportal.infrastructure.drivers.simulator.database import database, writing
from cloudportal.infrastructure.drivers.simulator.faults import FaultKind
from cloudportal.infrastructure.drivers.simulator.imports import import_file


@dataclass(frozen=True, slots=True)
class SimulatedInstance:
    """A virtual machine on a host. `disks` are sources, `ports` the uuids of its cards."""

    uuid: UUID
    host: str
    name: str
    cpus: int
    memory_mib: int
    state: str
    disks: tuple[str, ...]
    ports: tuple[UUID, ...]
    seed_source: str


@dataclass(frozen=True, slots=True)
class SimulatedVolume:
    """A disk in a pool."""

    uuid: UUID
    pool: UUID
    format: str
    size_bytes: int
    template: UUID | None


@dataclass(frozen=True, slots=True)
class SimulatedPort:
    """A port on a network."""

    uuid: UUID
    network: UUID
    mac: str
    address: IPv4Address
    hostname: str
    default: bool


class World:
    """One simulated world. Made when it does not exist; any number of processes may look at it at once."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path).absolute()
        database(self.path)

    def url(self, host: str = "", latency_ms: int = 0) -> str:
        """What the drivers are given to reach a host, or without one a pool or network engine."""
        query = urlencode({"host": host} if host else {}) + (f"&latency_ms={latency_ms}" if latency_ms else "")
        return f"simulator://{quote(str(self.path))}" + (f"?{query.lstrip('&')}" if query else "")

    # Hosts

    def add_host(self, name: str, cpus: int = 64, memory_mib: int = 262_144) -> str:
        """Add a host, or change its size; returns its url."""
        self._add_hosts([(name, cpus, memory_mib)])
        return self.url(name)

    def add_hosts(self, count: int, cpus: int = 64, memory_mib: int = 262_144, prefix: str = "sim-") -> list[str]:
        """Add hosts ``sim-1`` to ``sim-<count>`` in one transaction; returns their names."""
        names = [f"{prefix}{number}" for number in range(1, count + 1)]
        self._add_hosts([(name, cpus, memory_mib) for name in names])
        return names

    def _add_hosts(self, rows: list[tuple[str, int, int]]) -> None:
        with writing(self.path) as connection:
            connection.executemany(
                "INSERT INTO hosts (name, cpus, memory_mib) VALUES (?, ?, ?)"
                " ON CONFLICT (name) DO UPDATE SET cpus = excluded.cpus, memory_mib = excluded.memory_mib",
                rows,
            )

    def hosts(self) -> list[str]:
        return [row["name"] for row in self._rows("SELECT name FROM hosts ORDER BY name")]

    def kill_host(self, name: str) -> None:
        """A power cut: its guests stop and no call is answered until it is revived."""
        with writing(self.path) as connection:
            connection.execute("UPDATE hosts SET dead = 1 WHERE name = ?", (name,))
            connection.execute("UPDATE instances SET state = 'stopped' WHERE host = ?", (name,))

    def isolate_host(self, name: str) -> None:
        """The management network is cut: no call is answered, its guests run on."""
        self._write("UPDATE hosts SET dead = 1 WHERE name = ?", name)

    def revive_host(self, name: str) -> None:
        self._write("UPDATE hosts SET dead = 0 WHERE name = ?", name)

    # Trouble

    def inject(
        self,
        operation: str,
        kind: FaultKind | Literal["retryable", "fatal", "hang", "lost-answer"],
        times: int = 1,
        host: str | None = None,
        seconds: float = 0.0,
    ) -> None:
        """Let the next calls of an operation go wrong.

        Args:
            operation: a method of a driver Protocol, such as ``start_instance``, or ``*`` for any.
            times: how many calls; a negative number is for ever.
            host: on this host only.
            seconds: how long the call hangs first; a ``hang`` then goes on as if nothing had been.
        """
        self._write(
            "INSERT INTO faults (operation, kind, times, host, seconds) VALUES (?, ?, ?, ?, ?)",
            operation, FaultKind(kind).value, times, host, seconds,
        )  # fmt: skip

    def heal(self) -> None:
        """Forget every injected fault."""
        self._write("DELETE FROM faults")

    def faults_left(self) -> int:
        """How many faults have not struck to the end; zero shows that a test met what it ordered."""
        return int(self._rows("SELECT count(*) AS number FROM faults")[0]["number"])

    def crash_instance(self, uuid: UUID) -> None:
        """The guest dies by itself."""
        self._write("UPDATE instances SET state = 'crashed' WHERE uuid = ? AND state = 'running'", str(uuid))

    def power_off_inside(self, uuid: UUID) -> None:
        """Somebody in the guest shuts it down."""
        self._write("UPDATE instances SET state = 'stopped' WHERE uuid = ?", str(uuid))

    def ignore_power_button(self, uuid: UUID, ignores: bool = True) -> None:
        """A guest without ACPI, or one that is not up yet."""
        self._write("UPDATE instances SET ignores_power_button = ? WHERE uuid = ?", ignores, str(uuid))

    def vanish_instance(self, uuid: UUID) -> None:
        """Somebody removed the machine behind our back."""
        with writing(self.path) as connection:
            connection.execute("DELETE FROM instances WHERE uuid = ?", (str(uuid),))
            connection.execute("DELETE FROM plugs WHERE instance = ?", (str(uuid),))

    def resize_pool(self, pool: UUID, total_bytes: int) -> None:
        """Make a pool smaller or larger, whatever is in it; zero leaves no room for anything."""
        self._write("UPDATE pools SET total_bytes = ? WHERE uuid = ?", total_bytes, str(pool))

    def lose_writes(self, pool: UUID, template: UUID, kept_bytes: int) -> None:
        """A power cut: what had been written of a template's imports, but for the first bytes, reads as zeros."""
        rows = self._rows("SELECT * FROM imports WHERE pool = ? AND uuid = ?", str(pool), str(template))
        for row in rows:
            file = import_file(self.path, row["pool"], row["uuid"], row["token"])
            os.truncate(file, kept_bytes)
            os.truncate(file, row["size_bytes"])

    def delay_networks(self, delayed: bool = True) -> None:
        """Let hosts take what is written to the network engine late: `wait_applied` is False meanwhile."""
        self._write("INSERT OR REPLACE INTO settings VALUES ('networks_delayed', ?)", "1" if delayed else "")

    # What is there

    def instances(self, host: str | None = None) -> dict[UUID, SimulatedInstance]:
        """Every instance, or those of one host. One that is on two hosts shows as the last of them."""
        where, values = (" WHERE host = ?", [host]) if host is not None else ("", [])
        found = [_instance(row) for row in self._rows(f"SELECT * FROM instances{where} ORDER BY host", *values)]  # noqa: S608
        return {instance.uuid: instance for instance in found}

    def hosts_of(self, uuid: UUID) -> list[str]:
        """Every host that knows the instance: more than one is a double."""
        return [row["host"] for row in self._rows("SELECT host FROM instances WHERE uuid = ? ORDER BY host", str(uuid))]

    def pools(self) -> frozenset[UUID]:
        return self._uuids("SELECT uuid FROM pools")

    def volumes(self, pool: UUID | None = None) -> dict[UUID, SimulatedVolume]:
        found = (_volume(row) for row in self._rows("SELECT * FROM volumes"))
        return {volume.uuid: volume for volume in found if pool in {None, volume.pool}}

    def templates(self, pool: UUID) -> frozenset[UUID]:
        return self._uuids("SELECT uuid FROM templates WHERE pool = ?", str(pool))

    def imports(self, pool: UUID) -> dict[UUID, list[str]]:
        """The tokens of the imports of each template that are not finished."""
        rows = self._rows("SELECT uuid, token FROM imports WHERE pool = ? ORDER BY token", str(pool))
        found: dict[UUID, list[str]] = {}
        for row in rows:
            found.setdefault(UUID(row["uuid"]), []).append(row["token"])
        return found

    def template_sum(self, pool: UUID, template: UUID) -> str:
        """The SHA-256 of what was imported."""
        query = "SELECT sha256 FROM templates WHERE pool = ? AND uuid = ?"
        return str(self._rows(query, str(pool), str(template))[0]["sha256"])

    def seeds(self, pool: UUID) -> dict[UUID, bytes]:
        rows = self._rows("SELECT uuid, image FROM seeds WHERE pool = ?", str(pool))
        return {UUID(row["uuid"]): row["image"] for row in rows}

    def publics(self) -> frozenset[UUID]:
        return self._uuids("SELECT uuid FROM publics")

    def networks(self) -> frozenset[UUID]:
        return self._uuids("SELECT uuid FROM networks")

    def ports(self) -> dict[UUID, SimulatedPort]:
        found = (_port(row) for row in self._rows("SELECT * FROM ports"))
        return {port.uuid: port for port in found}

    def is_empty(self) -> bool:
        """Whether no tenant's object is left; hosts, pools, templates and publics stay."""
        tables = ("instances", "plugs", "volumes", "seeds", "networks", "ports")
        return not any(self._rows(f"SELECT 1 FROM {table} LIMIT 1") for table in tables)  # noqa: S608

    def _rows(self, query: str, *values: object) -> list[sqlite3.Row]:
        return database(self.path).execute(query, values).fetchall()

    def _uuids(self, query: str, *values: object) -> frozenset[UUID]:
        return frozenset(UUID(row["uuid"]) for row in self._rows(query, *values))

    def _write(self, statement: str, *values: object) -> None:
        with writing(self.path) as connection:
            connection.execute(statement, values)


def _instance(row: sqlite3.Row) -> SimulatedInstance:
    return SimulatedInstance(
        uuid=UUID(row["uuid"]),
        host=row["host"],
        name=row["name"],
        cpus=row["cpus"],
        memory_mib=row["memory_mib"],
        state=row["state"],
        disks=tuple(disk["source"] for disk in json.loads(row["disks"])),
        ports=tuple(UUID(nic["uuid"]) for nic in json.loads(row["nics"])),
        seed_source=row["seed_source"],
    )


def _volume(row: sqlite3.Row) -> SimulatedVolume:
    return SimulatedVolume(
        uuid=UUID(row["uuid"]),
        pool=UUID(row["pool"]),
        format=row["format"],
        size_bytes=row["size_bytes"],
        template=UUID(row["template"]) if row["template"] else None,
    )


def _port(row: sqlite3.Row) -> SimulatedPort:
    return SimulatedPort(
        uuid=UUID(row["uuid"]),
        network=UUID(row["network"]),
        mac=row["mac"],
        address=IPv4Address(row["address"]),
        hostname=row["hostname"],
        default=bool(row["is_default"]),
    )

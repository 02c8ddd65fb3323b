"""A simulated host: same Protocol, same promises, and a picture on the console."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import TypeVar
from uuid import UUID

from cloudportal.infrastructure.drivers.errors import Fatal, NotFound
from cloudportal.infrastructure.drivers.simulator import SimulatedEngine
from compute.hypervisors.base import (
    Console,
    HostFacts,
    HostTarget,
    InstanceSpec,
    InstanceStatistics,
    PowerState,
)
from compute.hypervisors.simulated_screen import open_screen

# What a simulated guest does each second it runs.
BYTES_PER_SECOND = 1_000
CPU_SHARE = 0.1

Answer = TypeVar("Answer")


class SimulatedHypervisor:
    """Implements `Hypervisor` on a host of a simulated world."""

    def __init__(self, target: HostTarget) -> None:
        self._engine = SimulatedEngine(target.url)
        if not self._engine.host:
            raise Fatal("The url names no host: ?host=NAME is expected.", target.url)

    def facts(self) -> HostFacts:
        row = self._engine.read("facts", self._host_row)
        return HostFacts(
            hypervisor="Simulator",
            version="1.0.0",
            hostname=self._engine.host,
            cpus=row["cpus"],
            memory_mib=row["memory_mib"],
            cpu_model="simulated",
            virt_type="qemu",
        )

    def ping(self) -> None:
        self._engine.read("ping", lambda connection: None)

    def define_instance(self, spec: InstanceSpec) -> None:
        def define(connection: sqlite3.Connection) -> None:
            disks = json.dumps([{"uuid": str(disk.uuid), "source": disk.source} for disk in spec.disks])
            nics = json.dumps([asdict(nic) | {"uuid": str(nic.uuid)} for nic in spec.nics])
            hardware = (spec.name, spec.cpus, spec.memory_mib, disks, nics, spec.seed_source)
            connection.execute(
                "INSERT INTO instances (host, uuid, name, cpus, memory_mib, disks, nics, seed_source)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (host, uuid) DO UPDATE SET name = excluded.name,"
                " cpus = excluded.cpus, memory_mib = excluded.memory_mib, disks = excluded.disks,"
                " nics = excluded.nics, seed_source = excluded.seed_source",
                (self._engine.host, str(spec.uuid), *hardware),
            )
            self._unplug(connection, spec.uuid)
            connection.executemany(
                "INSERT INTO plugs (port, host, instance) VALUES (?, ?, ?)",
                [(str(nic.uuid), self._engine.host, str(spec.uuid)) for nic in spec.nics],
            )

        self._engine.write("define_instance", define)

    def start_instance(self, uuid: UUID) -> None:
        def start(connection: sqlite3.Connection, row: sqlite3.Row) -> None:
            if row["state"] == PowerState.PAUSED:
                self._set_state(connection, uuid, PowerState.RUNNING)
            elif row["state"] != PowerState.RUNNING:
                self._set_state(connection, uuid, PowerState.RUNNING, started_at=time.time())

        self._engine.write("start_instance", self._with_instance(uuid, start))

    def shut_down_instance(self, uuid: UUID) -> None:
        def press(connection: sqlite3.Connection, row: sqlite3.Row) -> None:
            if row["state"] == PowerState.RUNNING and not row["ignores_power_button"]:
                self._set_state(connection, uuid, PowerState.STOPPED)

        self._engine.write("shut_down_instance", self._with_instance(uuid, press))

    def stop_instance(self, uuid: UUID) -> None:
        self._engine.write("stop_instance", lambda db: self._set_state(db, uuid, PowerState.STOPPED))

    def reboot_instance(self, uuid: UUID) -> None:
        def reset(connection: sqlite3.Connection, row: sqlite3.Row) -> None:
            if row["state"] != PowerState.RUNNING:
                raise Fatal("The instance does not run, so it can't be rebooted.")

        self._engine.write("reboot_instance", self._with_instance(uuid, reset))

    def remove_instance(self, uuid: UUID) -> None:
        def remove(connection: sqlite3.Connection) -> None:
            self._unplug(connection, uuid)
            connection.execute("DELETE FROM instances WHERE host = ? AND uuid = ?", (self._engine.host, str(uuid)))

        self._engine.write("remove_instance", remove)

    def power_state(self, uuid: UUID) -> PowerState:
        row = self._engine.read("power_state", lambda connection: self._row(connection, uuid))
        return PowerState(row["state"]) if row else PowerState.MISSING

    def power_states(self) -> Mapping[UUID, PowerState]:
        rows = self._engine.read("power_states", self._rows)
        return {UUID(row["uuid"]): PowerState(row["state"]) for row in rows}

    def open_console(self, uuid: UUID) -> Console:
        row = self._engine.read("open_console", lambda connection: self._row(connection, uuid))
        if row is None or row["state"] != PowerState.RUNNING:
            raise NotFound("The instance does not run, so it has no screen.")
        return Console(open_screen(row["name"]))

    def statistics(self) -> Mapping[UUID, InstanceStatistics]:
        rows = self._engine.read("statistics", self._rows)
        return {UUID(row["uuid"]): _statistics(row) for row in rows if row["state"] == PowerState.RUNNING}

    def close(self) -> None:
        """Nothing to give back: the file belongs to the thread, which keeps it for the next caller."""

    def _host_row(self, connection: sqlite3.Connection) -> sqlite3.Row:
        row: sqlite3.Row = connection.execute("SELECT * FROM hosts WHERE name = ?", (self._engine.host,)).fetchone()
        return row

    def _row(self, connection: sqlite3.Connection, uuid: UUID) -> sqlite3.Row | None:
        row: sqlite3.Row | None = connection.execute(
            "SELECT * FROM instances WHERE host = ? AND uuid = ?", (self._engine.host, str(uuid))
        ).fetchone()
        return row

    def _rows(self, connection: sqlite3.Connection) -> list[sqlite3.Row]:
        return connection.execute("SELECT * FROM instances WHERE host = ?", (self._engine.host,)).fetchall()

    def _with_instance(
        self, uuid: UUID, work: Callable[[sqlite3.Connection, sqlite3.Row], Answer]
    ) -> Callable[[sqlite3.Connection], Answer]:
        def with_row(connection: sqlite3.Connection) -> Answer:
            row = self._row(connection, uuid)
            if row is None:
                raise NotFound(f"The host does not know the instance {uuid}.", self._engine.host)
            return work(connection, row)

        return with_row

    def _set_state(
        self, connection: sqlite3.Connection, uuid: UUID, state: PowerState, started_at: float | None = None
    ) -> None:
        connection.execute(
            "UPDATE instances SET state = ?, started_at = coalesce(?, started_at) WHERE host = ? AND uuid = ?",
            (state.value, started_at, self._engine.host, str(uuid)),
        )

    def _unplug(self, connection: sqlite3.Connection, uuid: UUID) -> None:
        connection.execute("DELETE FROM plugs WHERE host = ? AND instance = ?", (self._engine.host, str(uuid)))


def _statistics(row: sqlite3.Row) -> InstanceStatistics:
    seconds = max(0.0, time.time() - row["started_at"])
    moved = int(seconds * BYTES_PER_SECOND)
    return InstanceStatistics(
        cpu_time_ns=int(seconds * row["cpus"] * CPU_SHARE * 1e9),
        memory_used_mib=row["memory_mib"] // 2,
        received_bytes=moved,
        sent_bytes=moved,
        read_bytes=moved,
        written_bytes=moved,
    )

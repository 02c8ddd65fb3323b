"""A simulated network engine."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable
from uuid import UUID

from cloudportal.infrastructure.drivers.errors import Fatal, NotFound
from cloudportal.infrastructure.drivers.simulator import SimulatedEngine
from network.backends.base import NetworkSpec, PortSpec, PublicSpec


class SimulatedNetworks:
    """Implements `NetworkBackend` on the switches of a simulated world."""

    def __init__(self, url: str) -> None:
        self._engine = SimulatedEngine(url)

    def ensure_public(self, spec: PublicSpec) -> None:
        self._engine.write(
            "ensure_public",
            lambda connection: connection.execute(
                "INSERT OR REPLACE INTO publics (uuid, mapping, cidr, gateway) VALUES (?, ?, ?, ?)",
                (str(spec.uuid), spec.mapping, str(spec.cidr), str(spec.gateway)),
            ),
        )

    def delete_public(self, uuid: UUID) -> None:
        def delete(connection: sqlite3.Connection) -> None:
            if connection.execute("SELECT 1 FROM networks WHERE public = ?", (str(uuid),)).fetchone():
                raise Fatal("Networks still have their way out through this public network.")
            connection.execute("DELETE FROM publics WHERE uuid = ?", (str(uuid),))

        self._engine.write("delete_public", delete)

    def create_network(self, spec: NetworkSpec) -> None:
        details = json.dumps(
            {
                "gateway_mac": spec.gateway_mac,
                "public_mac": spec.public_mac,
                "dns_servers": [str(server) for server in spec.dns_servers],
                "domain": spec.domain,
                "mtu": spec.mtu,
            }
        )

        def create(connection: sqlite3.Connection) -> None:
            _require(connection, "publics", spec.public, "public network")
            connection.execute(
                "INSERT OR REPLACE INTO networks (uuid, public, gateway, source_nat, spec) VALUES (?, ?, ?, ?, ?)",
                (str(spec.uuid), str(spec.public), str(spec.gateway), str(spec.source_nat), details),
            )

        self._engine.write("create_network", create)

    def delete_network(self, uuid: UUID) -> None:
        def delete(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM ports WHERE network = ?", (str(uuid),))
            connection.execute("DELETE FROM networks WHERE uuid = ?", (str(uuid),))

        self._engine.write("delete_network", delete)

    def create_port(self, spec: PortSpec) -> None:
        def create(connection: sqlite3.Connection) -> None:
            _require(connection, "networks", spec.network, "network")
            _refuse_second_owner(connection, spec)
            connection.execute(
                "INSERT OR REPLACE INTO ports (uuid, network, mac, address, hostname, is_default)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (str(spec.uuid), str(spec.network), spec.mac, str(spec.address), spec.hostname, spec.default),
            )

        self._engine.write("create_port", create)

    def delete_port(self, uuid: UUID) -> None:
        self._engine.write(
            "delete_port", lambda connection: connection.execute("DELETE FROM ports WHERE uuid = ?", (str(uuid),))
        )

    def networks(self) -> frozenset[UUID]:
        return self._engine.read("networks", _uuids("SELECT uuid FROM networks"))

    def ports(self) -> frozenset[UUID]:
        return self._engine.read("ports", _uuids("SELECT uuid FROM ports"))

    def port_is_up(self, uuid: UUID) -> bool:
        def is_up(connection: sqlite3.Connection) -> bool:
            _require(connection, "ports", uuid, "port")
            bound = connection.execute(
                "SELECT 1 FROM plugs JOIN instances ON instances.host = plugs.host AND instances.uuid = plugs.instance"
                " WHERE plugs.port = ? AND instances.state = 'running'",
                (str(uuid),),
            ).fetchone()
            return bound is not None

        return self._engine.read("port_is_up", is_up)

    def wait_applied(self, timeout_seconds: float) -> bool:
        def is_applied(connection: sqlite3.Connection) -> bool:
            query = "SELECT 1 FROM settings WHERE name = 'networks_delayed' AND value <> ''"
            return connection.execute(query).fetchone() is None

        end = time.monotonic() + timeout_seconds
        while not (applied := self._engine.read("wait_applied", is_applied)) and time.monotonic() < end:
            time.sleep(0.02)
        return applied

    def close(self) -> None:
        """Nothing to give back: the file belongs to the thread, which keeps it for the next caller."""


def _require(connection: sqlite3.Connection, table: str, uuid: UUID, noun: str) -> None:
    if not connection.execute(f"SELECT 1 FROM {table} WHERE uuid = ?", (str(uuid),)).fetchone():  # noqa: S608 - ours
        raise NotFound(f"The {noun} {uuid} is not on the engine.")


def _refuse_second_owner(connection: sqlite3.Connection, spec: PortSpec) -> None:
    row = connection.execute(
        "SELECT uuid FROM ports WHERE network = ? AND address = ? AND uuid <> ?",
        (str(spec.network), str(spec.address), str(spec.uuid)),
    ).fetchone()
    if row:
        raise Fatal(f"The address {spec.address} belongs to the port {row['uuid']} already.")


def _uuids(query: str) -> Callable[[sqlite3.Connection], frozenset[UUID]]:
    return lambda connection: frozenset(UUID(row["uuid"]) for row in connection.execute(query))

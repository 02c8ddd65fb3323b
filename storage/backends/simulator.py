"""A simulated pool: its bytes are counted and not kept, except for seeds."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Mapping
from uuid import UUID

from cloudportal.infrastructure.drivers.errors import Fatal, NotFound
from cloudportal.infrastructure.drivers.simulator import SimulatedEngine
from storage.backends.base import PoolCapacity, PoolTarget, TemplateSpec, VolumeInfo, VolumeSpec
from storage.backends.images import HEADER_BYTES, check_image, is_qcow2, qcow2_disk_bytes

DEFAULT_TOTAL_BYTES = 1 << 50


class SimulatedStorage:
    """Implements `StorageBackend` on a pool of a simulated world, where a volume takes its whole size at once."""

    def __init__(self, target: PoolTarget) -> None:
        self._engine = SimulatedEngine(target.url)
        self._pool = str(target.uuid)
        self._path = target.path

    def prepare(self) -> None:
        self._engine.write(
            "prepare",
            lambda connection: connection.execute(
                "INSERT INTO pools (uuid, path, total_bytes) VALUES (?, ?, ?) ON CONFLICT (uuid) DO NOTHING",
                (self._pool, self._path, DEFAULT_TOTAL_BYTES),
            ),
        )

    def capacity(self) -> PoolCapacity:
        row = self._engine.read("capacity", self._require_pool)
        return PoolCapacity(row["total_bytes"], max(0, row["total_bytes"] - row["used_bytes"]))

    def import_template(self, spec: TemplateSpec, chunks: Iterator[bytes]) -> None:
        digest, length, head = hashlib.sha256(), 0, b""
        for chunk in chunks:
            head += chunk[: HEADER_BYTES - len(head)]
            digest.update(chunk)
            length += len(chunk)
        if length != spec.size_bytes:
            raise Fatal(f"The template has {length} bytes and not the {spec.size_bytes} that were promised.")
        disk_bytes = _disk_bytes(spec, head)

        def add(connection: sqlite3.Connection) -> None:
            if not self._find(connection, "templates", spec.uuid):
                self._take_room(connection, length)
                connection.execute(
                    "INSERT INTO templates (pool, uuid, format, size_bytes, disk_bytes, sha256)"
                    " VALUES (?, ?, ?, ?, ?, ?)",
                    (self._pool, str(spec.uuid), spec.format, length, disk_bytes, digest.hexdigest()),
                )

        self._engine.write("import_template", add)

    def has_template(self, uuid: UUID) -> bool:
        return self._engine.read("has_template", lambda db: self._find(db, "templates", uuid)) is not None

    def delete_template(self, uuid: UUID) -> None:
        self._engine.write("delete_template", lambda db: self._remove(db, "templates", uuid))

    def create_volume(self, spec: VolumeSpec) -> None:
        def create(connection: sqlite3.Connection) -> None:
            if self._find(connection, "volumes", spec.uuid):
                return
            if spec.template is not None:
                self._require_template(connection, spec.template, spec.size_bytes)
            self._take_room(connection, spec.size_bytes)
            template = str(spec.template) if spec.template else None
            connection.execute(
                "INSERT INTO volumes (pool, uuid, format, size_bytes, template) VALUES (?, ?, ?, ?, ?)",
                (self._pool, str(spec.uuid), spec.format, spec.size_bytes, template),
            )

        self._engine.write("create_volume", create)

    def resize_volume(self, uuid: UUID, size_bytes: int) -> None:
        def resize(connection: sqlite3.Connection) -> None:
            row = self._require_volume(connection, uuid)
            if size_bytes < row["size_bytes"]:
                raise Fatal(f"The volume has {row['size_bytes']} bytes and can't shrink to {size_bytes}.")
            self._take_room(connection, size_bytes - row["size_bytes"])
            connection.execute(
                "UPDATE volumes SET size_bytes = ? WHERE pool = ? AND uuid = ?", (size_bytes, self._pool, str(uuid))
            )

        self._engine.write("resize_volume", resize)

    def delete_volume(self, uuid: UUID) -> None:
        self._engine.write("delete_volume", lambda db: self._remove(db, "volumes", uuid))

    def volume_source(self, uuid: UUID) -> str:
        row = self._engine.read("volume_source", lambda db: self._require_volume(db, uuid))
        return f"{self._path}/volume-{uuid}.{row['format']}"

    def volumes(self) -> Mapping[UUID, VolumeInfo]:
        rows = self._engine.read("volumes", lambda db: self._all(db, "volumes"))
        return {UUID(row["uuid"]): VolumeInfo(row["size_bytes"], row["size_bytes"]) for row in rows}

    def put_seed(self, uuid: UUID, image: bytes) -> str:
        self._engine.write(
            "put_seed",
            lambda connection: connection.execute(
                "INSERT OR REPLACE INTO seeds (pool, uuid, image) VALUES (?, ?, ?)", (self._pool, str(uuid), image)
            ),
        )
        return f"{self._path}/seed-{uuid}.iso"

    def delete_seed(self, uuid: UUID) -> None:
        self._engine.write(
            "delete_seed",
            lambda connection: connection.execute(
                "DELETE FROM seeds WHERE pool = ? AND uuid = ?", (self._pool, str(uuid))
            ),
        )

    def seeds(self) -> frozenset[UUID]:
        rows = self._engine.read("seeds", lambda db: self._all(db, "seeds"))
        return frozenset(UUID(row["uuid"]) for row in rows)

    def close(self) -> None:
        """Nothing to give back: the file belongs to the thread, which keeps it for the next caller."""

    def _require_pool(self, connection: sqlite3.Connection) -> sqlite3.Row:
        row: sqlite3.Row | None = connection.execute("SELECT * FROM pools WHERE uuid = ?", (self._pool,)).fetchone()
        if row is None:
            raise NotFound(f"The pool {self._pool} has not been prepared.")
        return row

    def _require_volume(self, connection: sqlite3.Connection, uuid: UUID) -> sqlite3.Row:
        row = self._find(connection, "volumes", uuid)
        if row is None:
            raise NotFound(f"The volume {uuid} is not in the pool.")
        return row

    def _require_template(self, connection: sqlite3.Connection, uuid: UUID, size_bytes: int) -> None:
        row = self._find(connection, "templates", uuid)
        if row is None:
            raise NotFound(f"The template {uuid} is not in the pool.")
        if size_bytes < row["disk_bytes"]:
            raise Fatal(f"The template needs a disk of {row['disk_bytes']} bytes, and {size_bytes} were asked for.")

    def _take_room(self, connection: sqlite3.Connection, size_bytes: int) -> None:
        pool = self._require_pool(connection)
        if size_bytes > pool["total_bytes"] - pool["used_bytes"]:
            raise Fatal(f"No room in the pool for {size_bytes} bytes.")
        connection.execute("UPDATE pools SET used_bytes = used_bytes + ? WHERE uuid = ?", (size_bytes, self._pool))

    def _find(self, connection: sqlite3.Connection, table: str, uuid: UUID) -> sqlite3.Row | None:
        query = f"SELECT * FROM {table} WHERE pool = ? AND uuid = ?"  # noqa: S608 - our own table names
        row: sqlite3.Row | None = connection.execute(query, (self._pool, str(uuid))).fetchone()
        return row

    def _all(self, connection: sqlite3.Connection, table: str) -> list[sqlite3.Row]:
        return connection.execute(f"SELECT * FROM {table} WHERE pool = ?", (self._pool,)).fetchall()  # noqa: S608

    def _remove(self, connection: sqlite3.Connection, table: str, uuid: UUID) -> None:
        row = self._find(connection, table, uuid)
        if row is None:
            return
        self._take_room(connection, -row["size_bytes"])
        connection.execute(f"DELETE FROM {table} WHERE pool = ? AND uuid = ?", (self._pool, str(uuid)))  # noqa: S608


def _disk_bytes(spec: TemplateSpec, head: bytes) -> int:
    """Any bytes pass for a qcow2 image here, so that tests need no real one; of unknown size, then."""
    if spec.format == "raw":
        return spec.size_bytes
    if not is_qcow2(head):
        return 0
    check_image(spec.format, head)
    return qcow2_disk_bytes(head)

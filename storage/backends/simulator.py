"""A simulated pool: its bytes are counted and not kept, except for seeds."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Mapping
from io import BufferedRandom
from pathlib import Path
from uuid import UUID

from cloudportal.infrastructure.drivers.errors import Fatal, NotFound
from cloudportal.infrastructure.drivers.simulator import SimulatedEngine
from cloudportal.infrastructure.drivers.simulator.imports import import_file
from storage.backends.base import ImportedPart, PoolCapacity, PoolTarget, TemplateSpec, VolumeInfo, VolumeSpec
from storage.backends.images import HEADER_BYTES, check_image, check_piece, qcow2_disk_bytes

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

    def begin_import(self, spec: TemplateSpec, token: str) -> bool:
        def begin(connection: sqlite3.Connection) -> bool:
            if self._find_import(connection, spec.uuid, token):
                return False
            self._take_room(connection, spec.size_bytes)
            row = (self._pool, str(spec.uuid), token, spec.size_bytes)
            connection.execute("INSERT INTO imports (pool, uuid, token, size_bytes) VALUES (?, ?, ?, ?)", row)
            file = self._file(spec.uuid, token)
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(b"")
            os.truncate(file, spec.size_bytes)
            return True

        return self._engine.write("begin_import", begin)

    def write_import(self, spec: TemplateSpec, token: str, offset: int, piece: bytes) -> None:
        check_piece(spec, offset, piece)

        def write(connection: sqlite3.Connection) -> None:
            with self._opened(connection, spec, token) as file:
                file.seek(offset)
                file.write(piece)

        self._engine.read("write_import", write)

    def read_import(self, spec: TemplateSpec, token: str, offset: int, length: int) -> bytes:
        def read(connection: sqlite3.Connection) -> bytes:
            with self._opened(connection, spec, token) as file:
                file.seek(offset)
                return file.read(length)

        return self._engine.read("read_import", read)

    def finish_import(self, spec: TemplateSpec, token: str) -> None:
        def finish(connection: sqlite3.Connection) -> None:
            if self._find(connection, "templates", spec.uuid):
                return
            with self._opened(connection, spec, token) as file:
                check_image(spec.format, head := file.read(HEADER_BYTES))
                file.seek(0)
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            disk_bytes = spec.size_bytes if spec.format == "raw" else qcow2_disk_bytes(head)
            self._forget_import(connection, spec.uuid, token)
            connection.execute(
                "INSERT INTO templates (pool, uuid, format, size_bytes, disk_bytes, sha256) VALUES (?, ?, ?, ?, ?, ?)",
                (self._pool, str(spec.uuid), spec.format, spec.size_bytes, disk_bytes, digest),
            )

        self._engine.write("finish_import", finish)
        self._file(spec.uuid, token).unlink(missing_ok=True)

    def imports(self) -> frozenset[ImportedPart]:
        rows = self._engine.read("imports", lambda db: self._all(db, "imports"))
        return frozenset(ImportedPart(UUID(row["uuid"]), row["token"]) for row in rows)

    def delete_import(self, part: ImportedPart) -> None:
        self._engine.write("delete_import", lambda db: self._drop_import(db, part.template, part.token))
        self._file(part.template, part.token).unlink(missing_ok=True)

    def has_template(self, uuid: UUID) -> bool:
        return self._engine.read("has_template", lambda db: self._find(db, "templates", uuid)) is not None

    def delete_template(self, uuid: UUID) -> None:
        def delete(connection: sqlite3.Connection) -> None:
            self._remove(connection, "templates", uuid)
            for row in self._all(connection, "imports"):
                if row["uuid"] == str(uuid):
                    self._drop_import(connection, uuid, row["token"])
                    self._file(uuid, row["token"]).unlink(missing_ok=True)

        self._engine.write("delete_template", delete)

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

    def _find_import(self, connection: sqlite3.Connection, uuid: UUID, token: str) -> sqlite3.Row | None:
        query = "SELECT * FROM imports WHERE pool = ? AND uuid = ? AND token = ?"
        row: sqlite3.Row | None = connection.execute(query, (self._pool, str(uuid), token)).fetchone()
        return row

    def _opened(self, connection: sqlite3.Connection, spec: TemplateSpec, token: str) -> BufferedRandom:
        if self._find_import(connection, spec.uuid, token) is None:
            raise NotFound(f"The import of template {spec.uuid} is not in the pool.")
        return self._file(spec.uuid, token).open("r+b")

    def _drop_import(self, connection: sqlite3.Connection, uuid: UUID, token: str) -> None:
        if (row := self._find_import(connection, uuid, token)) is not None:
            self._take_room(connection, -row["size_bytes"])
            self._forget_import(connection, uuid, token)

    def _forget_import(self, connection: sqlite3.Connection, uuid: UUID, token: str) -> None:
        statement = "DELETE FROM imports WHERE pool = ? AND uuid = ? AND token = ?"
        connection.execute(statement, (self._pool, str(uuid), token))

    def _file(self, uuid: UUID, token: str) -> Path:
        return import_file(self._engine.path, self._pool, str(uuid), token)

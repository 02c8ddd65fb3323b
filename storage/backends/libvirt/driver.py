"""A directory of a host, or of many that mount it, as a libvirt storage pool."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar
from uuid import UUID

import libvirt
from defusedxml import ElementTree
from libvirt import virConnect as Connection
from libvirt import virStoragePool as Pool

from cloudportal.infrastructure.drivers.errors import Fatal, NotFound
from cloudportal.infrastructure.drivers.libvirt_connection import LibvirtSession
from storage.backends.base import Format, ImportedPart, PoolCapacity, PoolTarget, TemplateSpec, VolumeInfo, VolumeSpec
from storage.backends.libvirt import imports, names, pools
from storage.backends.libvirt.xml import pool_xml, volume_xml

Answer = TypeVar("Answer")


class LibvirtStorage:
    """Implements `StorageBackend`. libvirt deletes what is in use without asking, so callers know what isn't."""

    def __init__(self, target: PoolTarget) -> None:
        self._target = target
        self._session = LibvirtSession(target.url, target.username, target.password)

    def prepare(self) -> None:
        self._session.call("Prepare the pool", self._prepare)

    def capacity(self) -> PoolCapacity:
        return self._with_pool("Measure the pool", _capacity)

    def begin_import(self, spec: TemplateSpec, token: str) -> bool:
        return self._with_pool("Begin the import", lambda pool: imports.begin(pool, spec, token))

    def write_import(self, spec: TemplateSpec, token: str, offset: int, piece: bytes) -> None:
        def write(connection: Connection) -> None:
            imports.write(connection, self._pool(connection), spec, token, offset, piece)

        self._session.call("Import the template", write)

    def read_import(self, spec: TemplateSpec, token: str, offset: int, length: int) -> bytes:
        def read(connection: Connection) -> bytes:
            return imports.read(connection, self._pool(connection), spec, token, offset, length)

        return self._session.call("Look at the import", read)

    def finish_import(self, spec: TemplateSpec, token: str) -> None:
        def finish(connection: Connection) -> None:
            imports.finish(connection, self._pool(connection), spec, token)

        self._session.call("Finish the import", finish)

    def imports(self) -> frozenset[ImportedPart]:
        return self._with_pool("List the imports", lambda pool: names.imports_among(_listed(pool)))

    def delete_import(self, part: ImportedPart) -> None:
        self._with_pool("Delete the import", lambda pool: imports.delete(pool, part, _listed(pool)))

    def has_template(self, uuid: UUID) -> bool:
        return (
            self._with_pool("Look for the template", lambda pool: names.template_data(uuid, _listed(pool))) is not None
        )

    def delete_template(self, uuid: UUID) -> None:
        def delete(pool: Pool) -> None:
            pools.delete(pool, *names.template_files(uuid, _listed(pool)))

        self._with_pool("Delete the template", delete)

    def create_volume(self, spec: VolumeSpec) -> None:
        self._with_pool("Create the volume", lambda pool: _create_volume(pool, spec), seconds=None)

    def resize_volume(self, uuid: UUID, size_bytes: int) -> None:
        def resize(pool: Pool) -> None:
            volume = _volume(pool, uuid)
            present = volume.info()[1]
            if size_bytes < present:
                raise Fatal(f"The volume has {present} bytes and can't shrink to {size_bytes}.")
            if size_bytes > present:
                volume.resize(size_bytes)

        self._with_pool("Resize the volume", resize)

    def delete_volume(self, uuid: UUID) -> None:
        self._with_pool("Delete the volume", lambda pool: pools.delete(pool, *_volume_names(uuid)))

    def volume_source(self, uuid: UUID) -> str:
        return self._with_pool("Look for the volume", lambda pool: str(_volume(pool, uuid).path()))

    def volumes(self) -> Mapping[UUID, VolumeInfo]:
        return self._with_pool("List the volumes", _volumes)

    def put_seed(self, uuid: UUID, image: bytes) -> str:
        def put(connection: Connection) -> str:
            pool = self._pool(connection)
            pools.delete(pool, names.seed_name(uuid))
            return pools.upload(connection, pool, names.seed_name(uuid), image)

        return self._session.call("Store the seed", put)

    def delete_seed(self, uuid: UUID) -> None:
        self._with_pool("Delete the seed", lambda pool: pools.delete(pool, names.seed_name(uuid)))

    def seeds(self) -> frozenset[UUID]:
        return self._with_pool("List the seeds", lambda pool: names.seeds_among(_listed(pool)))

    def close(self) -> None:
        """Nothing to give back: the connection belongs to the process, which keeps it for the next caller."""

    def _pool(self, connection: Connection) -> Pool:
        return connection.storagePoolLookupByUUIDString(str(self._target.uuid))

    def _with_pool(self, what: str, work: Callable[[Pool], Answer], seconds: float | None = 60.0) -> Answer:
        return self._session.call(what, lambda connection: work(self._pool(connection)), seconds=seconds)

    def _prepare(self, connection: Connection) -> None:
        try:
            pool = self._pool(connection)
        except libvirt.libvirtError as error:
            if error.get_error_code() != libvirt.VIR_ERR_NO_STORAGE_POOL:
                raise
            pool = connection.storagePoolDefineXML(pool_xml(self._target.uuid, self._target.path))
        if not pool.isActive():
            pool.build()
            pool.create()
        pool.setAutostart(True)


def _listed(pool: Pool) -> list[str]:
    """Every file of the directory, also what came there through another host."""
    pools.refresh(pool)
    return list(pool.listVolumes())


def _capacity(pool: Pool) -> PoolCapacity:
    pools.refresh(pool)
    _state, total, _allocation, available = pool.info()
    return PoolCapacity(total, available)


def _volume_names(uuid: UUID) -> list[str]:
    return [names.volume_name(uuid, format) for format in names.FORMATS]


def _volume(pool: Pool, uuid: UUID) -> libvirt.virStorageVol:
    volume = pools.find(pool, *_volume_names(uuid))
    if volume is None:
        raise NotFound(f"The volume {uuid} is not in the pool.")
    return volume


def _volumes(pool: Pool) -> dict[UUID, VolumeInfo]:
    found = {}
    for uuid, name in names.volumes_among(_listed(pool)):
        volume = pools.find(pool, name)
        if volume is not None:  # deleted since it was listed
            _type, size, allocated = volume.info()
            found[uuid] = VolumeInfo(size, allocated)
    return found


def _create_volume(pool: Pool, spec: VolumeSpec) -> None:
    if pools.find(pool, *_volume_names(spec.uuid)) is not None:
        return
    name = names.volume_name(spec.uuid, spec.format)
    if spec.template is None:
        pools.create_unless_there(pool, volume_xml(name, spec.size_bytes, spec.format))
        return
    data = names.template_data(spec.template, _listed(pool))
    template = pools.find(pool, data) if data else None
    if template is None:
        raise NotFound(f"The template {spec.template} is not in the pool.")
    needed = template.info()[1]
    if spec.size_bytes < needed:
        raise Fatal(f"The template needs a disk of {needed} bytes, and {spec.size_bytes} were asked for.")
    if spec.format == "qcow2":
        backing = (str(template.path()), _format(template))
        pools.create_unless_there(pool, volume_xml(name, spec.size_bytes, "qcow2", backing))
    else:
        pool.createXMLFrom(volume_xml(name, spec.size_bytes, "raw"), template)


def _format(volume: libvirt.virStorageVol) -> Format:
    found = ElementTree.fromstring(volume.XMLDesc()).find("./target/format")
    return "qcow2" if found is not None and found.get("type") == "qcow2" else "raw"

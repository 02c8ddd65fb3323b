"""A template that comes into a pool piece by piece. `names` says what is called how, and why."""

from __future__ import annotations

import libvirt
from libvirt import virConnect as Connection
from libvirt import virStoragePool as Pool

from cloudportal.infrastructure.drivers.errors import NotFound
from storage.backends.base import ImportedPart, TemplateSpec
from storage.backends.images import HEADER_BYTES, check_image, check_piece
from storage.backends.libvirt import names, pools
from storage.backends.libvirt.xml import volume_xml


def begin(pool: Pool, spec: TemplateSpec, token: str) -> bool:
    """An empty file of the image's length. It is raw to libvirt, whatever will be in it."""
    name = _name(spec, token)
    if pools.find(pool, name) is not None:
        return False
    return pools.create_unless_there(pool, volume_xml(name, spec.size_bytes, "raw"))


def write(connection: Connection, pool: Pool, spec: TemplateSpec, token: str, offset: int, piece: bytes) -> None:
    check_piece(spec, offset, piece)
    pools.write_at(connection, _data(pool, spec, token), offset, piece)


def read(connection: Connection, pool: Pool, spec: TemplateSpec, token: str, offset: int, length: int) -> bytes:
    return pools.read_at(connection, _data(pool, spec, token), offset, length)


def finish(connection: Connection, pool: Pool, spec: TemplateSpec, token: str) -> None:
    """Makes the mark. What lies in the pool is judged, not what was sent there."""
    data = _data(pool, spec, token)
    head = pools.read_at(connection, data, 0, min(HEADER_BYTES, spec.size_bytes))
    check_image(spec.format, head)
    pools.create_unless_there(pool, volume_xml(names.template_mark_name(_name(spec, token)), 0, "raw"))


def delete(pool: Pool, part: ImportedPart, listed: list[str]) -> None:
    pools.delete(pool, *names.import_files(part, listed))


def _name(spec: TemplateSpec, token: str) -> str:
    return names.template_data_name(spec.uuid, token, spec.format)


def _data(pool: Pool, spec: TemplateSpec, token: str) -> libvirt.virStorageVol:
    data = pools.find(pool, _name(spec, token))
    if data is None:
        raise NotFound(f"The import of template {spec.uuid} is not in the pool.")
    return data

"""A libvirt pool with its quirks: what it knows is a cache, and it can't refresh while it makes a volume."""

from __future__ import annotations

import logging
import time

import libvirt

from storage.backends.libvirt.xml import volume_xml

logger = logging.getLogger(__name__)

REFRESH_ATTEMPTS = 40
REFRESH_PAUSE_SECONDS = 0.25


def refresh(pool: libvirt.virStoragePool) -> None:
    """Let the pool read its directory again: another host or a restarted daemon may have changed it."""
    for attempt in range(REFRESH_ATTEMPTS):
        try:
            pool.refresh()
        except libvirt.libvirtError as error:
            # "pool has asynchronous jobs running": somebody makes or uploads a volume in it.
            if error.get_error_code() != libvirt.VIR_ERR_INTERNAL_ERROR or attempt == REFRESH_ATTEMPTS - 1:
                raise
            time.sleep(REFRESH_PAUSE_SECONDS)
        else:
            return


def find(pool: libvirt.virStoragePool, *names: str) -> libvirt.virStorageVol | None:
    """The first volume that has one of the names, in the pool's memory or else in its directory."""
    found = _known(pool, names)
    if found is None:
        refresh(pool)
        found = _known(pool, names)
    return found


def _known(pool: libvirt.virStoragePool, names: tuple[str, ...]) -> libvirt.virStorageVol | None:
    for name in names:
        try:
            return pool.storageVolLookupByName(name)
        except libvirt.libvirtError as error:
            if error.get_error_code() != libvirt.VIR_ERR_NO_STORAGE_VOL:
                raise
    return None


def create_unless_there(pool: libvirt.virStoragePool, xml: str) -> bool:
    """Whether it was made here. Somebody who makes the same volume at the same moment makes the same thing."""
    try:
        pool.createXML(xml)
    except libvirt.libvirtError as error:
        if error.get_error_code() != libvirt.VIR_ERR_STORAGE_VOL_EXIST:
            raise
        return False
    return True


def delete(pool: libvirt.virStoragePool, *names: str) -> None:
    """Delete the volumes that are there."""
    for name in names:
        volume = find(pool, name)
        if volume is None:
            continue
        try:
            volume.delete()
        except libvirt.libvirtError as error:
            if error.get_error_code() != libvirt.VIR_ERR_NO_STORAGE_VOL:
                raise


def upload(connection: libvirt.virConnect, pool: libvirt.virStoragePool, name: str, data: bytes) -> str:
    """Make a file with this content and return its path; on failure it is deleted."""
    volume = pool.createXML(volume_xml(name, len(data), "raw"))
    try:
        write_at(connection, volume, 0, data)
    except BaseException:
        _discard(volume)
        raise
    return str(volume.path())


def write_at(connection: libvirt.virConnect, volume: libvirt.virStorageVol, offset: int, data: bytes) -> None:
    """Write into a volume that keeps its size."""
    rest = memoryview(data)

    def read(_stream: libvirt.virStream, count: int, _opaque: None) -> bytes:
        nonlocal rest
        piece, rest = rest[:count], rest[count:]
        return bytes(piece)

    stream = connection.newStream()
    volume.upload(stream, offset, len(data))
    stream.sendAll(read, None)
    stream.finish()


def read_at(connection: libvirt.virConnect, volume: libvirt.virStorageVol, offset: int, length: int) -> bytes:
    """What a volume's file has there; less where it ends."""
    pieces: list[bytes] = []
    stream = connection.newStream()
    volume.download(stream, offset, length)
    stream.recvAll(lambda _stream, piece, _opaque: pieces.append(piece), None)
    stream.finish()
    return b"".join(pieces)


def _discard(volume: libvirt.virStorageVol) -> None:
    try:
        volume.delete()
    except libvirt.libvirtError as error:
        logger.warning("half an upload is left over in the pool: %s", error)

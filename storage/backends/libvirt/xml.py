"""Pool and volume XML. Format: https://libvirt.org/formatstorage.html"""

from __future__ import annotations

from uuid import UUID
from xml.etree.ElementTree import Element, SubElement, tostring

from storage.backends.base import Format


def pool_xml(uuid: UUID, path: str) -> str:
    """A directory pool, whose name derives from its uuid."""
    pool = Element("pool", type="dir")
    SubElement(pool, "name").text = f"pool-{uuid}"
    SubElement(pool, "uuid").text = str(uuid)
    SubElement(SubElement(pool, "target"), "path").text = path
    return tostring(pool, encoding="unicode")


def volume_xml(
    name: str,
    size_bytes: int,
    format: Format,
    backing: tuple[str, Format] | None = None,
) -> str:
    """A thin volume; `backing` is the path and format of what it is a clone of."""
    volume = Element("volume")
    SubElement(volume, "name").text = name
    SubElement(volume, "capacity", unit="bytes").text = str(size_bytes)
    SubElement(volume, "allocation", unit="bytes").text = "0"
    target = SubElement(volume, "target")
    SubElement(target, "format", type=format)
    if format == "qcow2":
        # libvirt's default is 0.10, which can't hold the bitmaps of incremental backups.
        SubElement(target, "compat").text = "1.1"
    if backing is not None:
        source = SubElement(volume, "backingStore")
        SubElement(source, "path").text = backing[0]
        SubElement(source, "format", type=backing[1])
    return tostring(volume, encoding="unicode")

"""What a disk image may be that a tenant brings."""

from __future__ import annotations

import struct

from cloudportal.infrastructure.drivers.errors import Fatal
from storage.backends.base import Format, TemplateSpec

# https://gitlab.com/qemu-project/qemu/-/blob/master/docs/interop/qcow2.rst, "Header"
QCOW2_MAGIC = b"QFI\xfb"
QCOW2_HEADER = struct.Struct(">4sIQ8xQ")
INCOMPATIBLE_FEATURES = struct.Struct(">Q")
INCOMPATIBLE_FEATURES_OFFSET = 72
EXTERNAL_DATA_FILE = 1 << 2
HEADER_BYTES = INCOMPATIBLE_FEATURES_OFFSET + INCOMPATIBLE_FEATURES.size


def check_image(format: Format, head: bytes) -> None:
    """Refuse an image that is not what it claims or that names another file of the host.

    QEMU would open that file with the host's rights: its content would be the tenant's.

    Raises:
        Fatal: in words for whoever brought the image.
    """
    if format == "raw":
        return
    if not is_qcow2(head):
        raise Fatal("The image is not in qcow2 format.")
    _, version, backing_file_offset, _ = QCOW2_HEADER.unpack_from(head)
    if backing_file_offset:
        raise Fatal("The image needs a backing file; convert it to one that stands alone.")
    (features,) = INCOMPATIBLE_FEATURES.unpack_from(head, INCOMPATIBLE_FEATURES_OFFSET)
    if version >= 3 and features & EXTERNAL_DATA_FILE:
        raise Fatal("The image keeps its data in another file; convert it to one that stands alone.")


def is_qcow2(head: bytes) -> bool:
    return len(head) >= HEADER_BYTES and head.startswith(QCOW2_MAGIC)


def qcow2_disk_bytes(head: bytes) -> int:
    """The size of the disk in a qcow2 image."""
    return int(QCOW2_HEADER.unpack_from(head)[3])


def check_piece(spec: TemplateSpec, offset: int, piece: bytes) -> None:
    """Refuse what can't be a piece of the image; the first one shows whether it is one that can be taken.

    Raises:
        Fatal: it reaches beyond the image, or `check_image` refuses it.
    """
    if offset < 0 or offset + len(piece) > spec.size_bytes:
        raise Fatal(f"The image has more than the {spec.size_bytes} bytes that were promised.")
    if offset == 0 and len(piece) >= min(HEADER_BYTES, spec.size_bytes):
        check_image(spec.format, piece)

"""What a disk image may be that a tenant brings."""

from __future__ import annotations

import struct
from collections.abc import Iterator

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


class ImageReader:
    """An image that is checked and counted while it is read in pieces of any size."""

    def __init__(self, spec: TemplateSpec, chunks: Iterator[bytes]) -> None:
        """Raises Fatal when the first bytes show an image that can't be taken."""
        self._spec = spec
        self._chunks = chunks
        self._buffer = b""
        self._offset = 0
        self._length = 0
        while len(self._buffer) < HEADER_BYTES and self._fill():
            pass
        check_image(spec.format, self._buffer)

    def read(self, count: int) -> bytes:
        """The next bytes, at most `count`; empty at the end.

        Raises:
            Fatal: there are more or fewer bytes than promised.
        """
        if self._offset == len(self._buffer):
            self._buffer, self._offset = b"", 0
            while not self._buffer and self._fill():
                pass
        piece = self._buffer[self._offset : self._offset + count]
        self._offset += len(piece)
        if not piece and self._length != self._spec.size_bytes:
            raise Fatal(f"The image has {self._length} bytes and not the {self._spec.size_bytes} that were promised.")
        return piece

    def _fill(self) -> bool:
        chunk = next(self._chunks, None)
        if chunk is None:
            return False
        self._length += len(chunk)
        if self._length > self._spec.size_bytes:
            raise Fatal(f"The image has more than the {self._spec.size_bytes} bytes that were promised.")
        self._buffer += chunk
        return True

"""What any primary storage must do. Frozen values in, frozen values out; no Django here.

Every call is idempotent: the object's uuid is its name in the pool.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol
from uuid import UUID

Format = Literal["qcow2", "raw"]


@dataclass(frozen=True, slots=True)
class PoolTarget:
    """How to reach one pool.

    Attributes:
        uuid: the pool's name on the engine.
        url: where the engine listens (a libvirt URL or a simulator's).
        path: the directory, as the hosts see it.
    """

    uuid: UUID
    url: str
    path: str
    username: str = ""
    password: str = ""


@dataclass(frozen=True, slots=True)
class PoolCapacity:
    """Bytes on the device, not promises to tenants."""

    total_bytes: int
    available_bytes: int


@dataclass(frozen=True, slots=True)
class TemplateSpec:
    """A disk image to bring into the pool. `size_bytes` is the length of the data, not of the disk in it."""

    uuid: UUID
    format: Format
    size_bytes: int


@dataclass(frozen=True, slots=True)
class ImportedPart:
    """What an import left in the pool that did not come to its end. `token` is the one it was begun with."""

    template: UUID
    token: str


@dataclass(frozen=True, slots=True)
class VolumeSpec:
    """A disk to make: empty, or a clone of a template that is in the pool already."""

    uuid: UUID
    size_bytes: int
    format: Format = "qcow2"
    template: UUID | None = None


@dataclass(frozen=True, slots=True)
class VolumeInfo:
    """A disk as the pool sees it."""

    size_bytes: int
    allocated_bytes: int


class StorageBackend(Protocol):
    """One pool. Every method raises Retryable, Fatal or Unsupported; NotFound where it says so."""

    def prepare(self) -> None:
        """Make the pool exist and be active."""

    def capacity(self) -> PoolCapacity: ...

    def begin_import(self, spec: TemplateSpec, token: str) -> bool:
        """Make a place for an image that comes in pieces. `token`, lower-case letters and digits, is the import's own.

        False: it was there already, and pieces may be in it.
        """

    def write_import(self, spec: TemplateSpec, token: str, offset: int, piece: bytes) -> None:
        """Put a piece where it belongs. The same one again, also late and beside others, does no harm.

        NotFound when the import was not begun or is deleted; Fatal when the piece reaches beyond the image.
        """

    def read_import(self, spec: TemplateSpec, token: str, offset: int, length: int) -> bytes:
        """What is there now, zeros where nothing was written. NotFound as for `write_import`."""

    def finish_import(self, spec: TemplateSpec, token: str) -> None:
        """Let the template appear, whose pieces are all there. Done already is success.

        Fatal when it is no image that can be taken; NotFound as for `write_import`.
        """

    def imports(self) -> frozenset[ImportedPart]:
        """What was begun and is not finished."""

    def delete_import(self, part: ImportedPart) -> None:
        """Missing is success, and so is finished: a template that appeared stays."""

    def has_template(self, uuid: UUID) -> bool: ...

    def delete_template(self, uuid: UUID) -> None:
        """Whole, or in the parts of any import. Missing is success."""

    def create_volume(self, spec: VolumeSpec) -> None:
        """There already is success. NotFound when its template is not in the pool."""

    def resize_volume(self, uuid: UUID, size_bytes: int) -> None:
        """Grow a volume that no running instance uses. NotFound when it is not there."""

    def delete_volume(self, uuid: UUID) -> None:
        """Missing is success."""

    def volume_source(self, uuid: UUID) -> str:
        """What a hypervisor of the cluster opens. NotFound when it is not there."""

    def volumes(self) -> Mapping[UUID, VolumeInfo]:
        """Every volume of ours in the pool."""

    def put_seed(self, uuid: UUID, image: bytes) -> str:
        """Store a small read-only image for an instance, replacing an older one; returns its source."""

    def delete_seed(self, uuid: UUID) -> None:
        """Missing is success."""

    def seeds(self) -> frozenset[UUID]:
        """Every instance that has a seed in the pool."""

    def close(self) -> None:
        """Give connections back."""

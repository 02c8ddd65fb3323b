"""What any primary storage must do. Frozen values in, frozen values out; no Django here.

Every call is idempotent: the object's uuid is its name in the pool.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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

    def import_template(self, spec: TemplateSpec, chunks: Iterator[bytes]) -> None:
        """Copy an image in. Appears under its uuid only when complete; there already is success."""

    def has_template(self, uuid: UUID) -> bool: ...

    def delete_template(self, uuid: UUID) -> None:
        """Missing is success."""

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

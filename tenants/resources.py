"""What can be limited."""

from __future__ import annotations

from dataclasses import dataclass

GIB = 2**30
UNLIMITED = -1


@dataclass(frozen=True, slots=True)
class Resource:
    """Something that is counted for each owner.

    `key` is what the counters and the code call it, in the unit that is counted: bytes for what people give in GiB,
    since disks may be smaller than one. `name` and `unit` are what doors show; `scale` is how many of the counted
    make one of the shown.
    """

    key: str
    name: str
    label: str
    one: str
    many: str
    unit: str = ""
    scale: int = 1

    def shown(self, counted: int) -> int | float:
        """A counted number in the unit that doors show. Exact: scales are powers of two."""
        return counted // self.scale if counted % self.scale == 0 else counted / self.scale

    def words(self, counted: int) -> str:
        """``1 instance``, ``0.5 GiB of primary storage``."""
        return f"{self.number(counted)} {self.one if counted == self.scale else self.many}"

    def number(self, counted: int) -> str:
        return f"{counted / self.scale:.10g}" if self.scale == 1 else f"{counted / self.scale:.4g}"

    def counted(self, shown: int) -> int:
        """A limit as people give it, in the unit that is counted; -1 stays -1."""
        return shown if shown == UNLIMITED else shown * self.scale


def _number(key: str, label: str, one: str, many: str) -> Resource:
    return Resource(key, key, label, one, many)


def _gib(prefix: str, label: str) -> Resource:
    words = f"GiB of {label.lower()}"
    return Resource(f"{prefix}_bytes", f"{prefix}_gib", label, words, words, "GiB", GIB)


_ALL = (
    _number("instances", "Instances", "instance", "instances"),
    _number("cpus", "CPUs", "CPU", "CPUs"),
    Resource("memory_mib", "memory_mib", "Memory", "MiB of memory", "MiB of memory", "MiB"),
    _number("volumes", "Volumes", "volume", "volumes"),
    _gib("primary", "Primary storage"),
    _number("snapshots", "Snapshots", "snapshot", "snapshots"),
    _number("templates", "Templates", "template", "templates"),
    _gib("secondary", "Secondary storage"),
    _number("networks", "Networks", "network", "networks"),
    _number("vpcs", "VPCs", "VPC", "VPCs"),
    _number("public_addresses", "Public addresses", "public address", "public addresses"),
    _number("projects", "Projects", "project", "projects"),
    _number("buckets", "Buckets", "bucket", "buckets"),
    _gib("object", "Object storage"),
)

RESOURCES: dict[str, Resource] = {resource.key: resource for resource in _ALL}
BY_NAME: dict[str, Resource] = {resource.name: resource for resource in _ALL}

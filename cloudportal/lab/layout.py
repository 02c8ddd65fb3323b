"""Where a lab keeps its files and which addresses its networks use; pure arithmetic, no I/O but one safe directory."""

import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from cloudportal.lab.shell import LabError

CENTRAL = "net"
MAX_HOSTS = 32

PUBLIC_CIDR = "203.0.113.0/24"
PUBLIC_GATEWAY = "203.0.113.1"
# The name by which a localnet port asks for the public network (the left half of ovn-bridge-mappings).
PUBLIC_MAPPING = "public"
TUNNEL_NETWORK = "172.31.0"
MANAGEMENT_NETWORK = "172.31.1"

# Not $TMPDIR: whoever asks later must find the same place.
_SHORT = Path("/tmp")  # noqa: S108 - only used as a private directory that is checked
# A unix socket's path holds at most 107 bytes; this is the longest name we and libvirt put below a base.
_SOCKET_PATH_BYTES = 107
_LONGEST_SOCKET = "/run/hv32/libvirt/libvirt-admin-sock"
# These are replaced by private ones inside a node, so a base below them would vanish there.
_HIDDEN_INSIDE = ("/run", "/var/run", "/dev", "/proc", "/sys", "/etc/libvirt", "/var/lib/libvirt")


@dataclass(frozen=True, slots=True)
class LabHost:
    """One KVM host as a portal would register it."""

    name: str
    chassis: str
    libvirt_url: str
    # Where other hosts of the lab reach it, for live migration.
    address: str


@dataclass(frozen=True, slots=True)
class Layout:
    """The files of the lab at `base`; the same paths are valid inside and outside the nodes."""

    base: Path

    @classmethod
    def at(cls, base: Path) -> "Layout":
        path = base.expanduser().absolute()
        if any(path.is_relative_to(hidden) for hidden in _HIDDEN_INSIDE):
            raise LabError(f"A lab can't live in {path}: that path means something else inside its nodes.")
        return cls(path)

    @property
    def shared(self) -> Path:
        return self.base / "shared"

    @property
    def lock(self) -> Path:
        return self.base / "lock"

    @property
    def runtime(self) -> Path:
        """Sockets and markers, worthless once the lab is down."""
        if len(os.fsencode(self.base)) + len(_LONGEST_SOCKET) <= _SOCKET_PATH_BYTES:
            return self.base / "run"
        digest = hashlib.sha256(os.fsencode(self.base)).hexdigest()[:12]
        return _SHORT / f"cloudportal-lab-{digest}"

    def node(self, name: str) -> Path:
        """What a node keeps over a restart, like a machine keeps its disk."""
        return self.base / name

    def run(self, name: str) -> Path:
        return self.runtime / name

    def ready(self, name: str) -> Path:
        return self.run(name) / "ready"

    def ovn_socket(self, database: str) -> Path:
        return self.run(CENTRAL) / f"ovn{database}_db.sock"

    def libvirt_socket(self, name: str) -> Path:
        return self.run(name) / "libvirt" / "libvirt-sock"

    def ovs_socket(self, name: str) -> Path:
        return self.run(name) / "ovs" / "db.sock"

    def host(self, name: str) -> LabHost:
        url = f"qemu+unix:///system?socket={self.libvirt_socket(name)}"
        return LabHost(name, name, url, management_address(name))


def host_names(count: int) -> tuple[str, ...]:
    if not 1 <= count <= MAX_HOSTS:
        raise LabError(f"A lab has 1 to {MAX_HOSTS} hosts, not {count}.")
    return tuple(f"hv{number}" for number in range(1, count + 1))


def host_number(name: str) -> int:
    return int(name.removeprefix("hv"))


def management_address(name: str) -> str:
    return f"{MANAGEMENT_NETWORK}.{10 + host_number(name)}"


def tunnel_address(name: str) -> str:
    return f"{TUNNEL_NETWORK}.{10 + host_number(name)}"


def make_private(directory: Path) -> None:
    """Create a directory that nobody else can have prepared for us.

    Raises:
        LabError: it exists and is a link or another user's.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    facts = directory.lstat()
    if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != os.geteuid():
        raise LabError(f"{directory} belongs to somebody else.")

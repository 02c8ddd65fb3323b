"""How an API key narrows what its owner may do. It only ever takes away."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from tenants.models.domain import ids_of
from tenants.permissions import OF_THE_CLOUD, PERMISSIONS, REACHES_PROJECTS
from tenants.reach import NOWHERE, Reach, Reaches


@dataclass(frozen=True, slots=True)
class KeyScope:
    """What a key leaves of its owner's rights. Without permissions it is all of them; without places, everywhere.

    `accounts` maps the id of an account to the path of its domain; `paths` are those of domains. `projects` maps those
    of the accounts to their owner: they count where both the key and its owner manage the owner's projects.
    """

    key: int | None = None
    permissions: frozenset[str] = frozenset()
    has_places: bool = False
    paths: frozenset[str] = frozenset()
    accounts: Mapping[int, str] = field(default_factory=dict)
    networks: tuple[str, ...] = ()
    expires_at: datetime | None = None
    projects: Mapping[int, int] = field(default_factory=dict)

    @property
    def is_narrow(self) -> bool:
        return bool(self.permissions) or self.has_places

    @property
    def marks(self) -> list[list[str]]:
        """What tells one narrowing from another, for comparing."""
        return [sorted(self.permissions), sorted(self.paths), sorted(map(str, self.accounts)), [str(self.has_places)]]

    def narrow(self, reaches: Reaches, homes: Mapping[int, str]) -> Reaches:
        """What is left of an owner's rights; `homes` are the domains' paths of the accounts granted by themselves."""
        kept = {name: reach for name, reach in reaches.items() if not self.permissions or name in self.permissions}
        if not self.has_places or self._has_root:
            return kept
        accounts = {**self.accounts, **self._reached_projects(kept.get(REACHES_PROJECTS, NOWHERE))}
        found = {name: self._within(reach, accounts, homes) for name, reach in kept.items() if name not in OF_THE_CLOUD}
        return {name: reach for name, reach in found.items() if reach != NOWHERE}

    def holds(self, other: KeyScope) -> bool:
        """Whether another key that does what `other` says would be no mightier than this one."""
        return (
            (not self.permissions or (bool(other.permissions) and other.permissions <= self.permissions))
            and (not self.has_places or (other.has_places and self._holds_places(other)))
            and (self.expires_at is None or (other.expires_at is not None and other.expires_at <= self.expires_at))
            and (not self.networks or (bool(other.networks) and all(map(self._holds_network, other.networks))))
        )

    @property
    def _has_root(self) -> bool:
        return any(len(ids_of(path)) == 1 for path in self.paths)

    def _reached_projects(self, managed: Reach) -> dict[int, str]:
        """Projects of the accounts, in the same domain as these, where `managed` says that they are reached."""
        homes = {project: (owner, self.accounts[owner]) for project, owner in self.projects.items()}
        return {
            project: home
            for project, (owner, home) in homes.items()
            if managed.everywhere or owner in managed.accounts or _is_below(home, managed.paths)
        }

    def _within(self, reach: Reach, accounts: Mapping[int, str], homes: Mapping[int, str]) -> Reach:
        if reach.everywhere:
            return Reach(self.paths, frozenset(accounts))
        paths = {path for path in reach.paths if _is_below(path, self.paths)}
        paths |= {path for path in self.paths if _is_below(path, reach.paths)}
        owned = {key for key in reach.accounts if key in accounts or _is_below(homes[key], self.paths)}
        owned |= {key for key, home in accounts.items() if _is_below(home, reach.paths)}
        return Reach(frozenset(paths), frozenset(owned))

    def _holds_places(self, other: KeyScope) -> bool:
        return all(_is_below(path, self.paths) for path in other.paths) and all(
            key in self.accounts or _is_below(home, self.paths) for key, home in other.accounts.items()
        )

    def _holds_network(self, text: str) -> bool:
        wanted = ipaddress.ip_network(text)
        return any(
            wanted.version == own.version and wanted.subnet_of(own)  # type: ignore[arg-type]
            for own in map(ipaddress.ip_network, self.networks)
        )


def is_from(address: str, networks: Iterable[str]) -> bool:
    """Whether an address is in one of some networks. An IPv4 address that comes as IPv6 is the IPv4 address."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return any(found in ipaddress.ip_network(network) for network in networks)


def _is_below(path: str, above: Iterable[str]) -> bool:
    return any(path.startswith(prefix) for prefix in above)


@dataclass(frozen=True, slots=True)
class Preset:
    """A set of permissions that many keys want."""

    label: str
    description: str
    permissions: frozenset[str]


_SEES = frozenset(name for name in PERMISSIONS if name.endswith(".view"))
_USES = frozenset({"compute.manage", "compute.console", "network.manage", "storage.manage"})
PRESETS: dict[str, Preset] = {
    "all": Preset("All that its owner may", "Also what is allowed to them later.", frozenset()),
    "read": Preset("Read only", "Sees what I see and changes nothing.", _SEES),
    "use": Preset(
        "Instances, networks, storage",
        "For deployment scripts: uses the cloud; has nothing to do with people, roles and limits.",
        _USES | {"compute.view", "network.view", "storage.view", "accounting.view", "jobs.view"},
    ),
    "billing": Preset("Usage only", "For reports: usage and its cost.", frozenset({"accounting.view"})),
}

"""What our objects are called in OVN, and back."""

from __future__ import annotations

import re
from collections.abc import Iterable
from uuid import UUID

from cloudportal.infrastructure.drivers.errors import Fatal

_NETWORK_PREFIX = "network-"
_DNS_NAME = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?")


def quoted(name: str) -> str:
    """A DNS name as a string constant of OVN's action language, into which DHCP options are pasted.

    Raises:
        Fatal: it holds anything that a DNS name can't, such as a quotation mark.
    """
    if not _DNS_NAME.fullmatch(name):
        raise Fatal(f"{name!r} is no host or domain name.")
    return f'"{name}"'


def public_switch(public: UUID) -> str:
    return f"public-{public}"


def switch(network: UUID) -> str:
    return f"{_NETWORK_PREFIX}{network}"


def router(network: UUID) -> str:
    return f"router-{network}"


def inside_leg(network: UUID) -> str:
    return f"router-{network}-inside"


def outside_leg(network: UUID) -> str:
    return f"router-{network}-outside"


def plug(leg: str) -> str:
    """The switch's end of a router's leg."""
    return f"{leg}-plug"


def networks_among(names: Iterable[str]) -> frozenset[UUID]:
    """The networks whose switches have these names; other people's switches are left out."""
    return frozenset(uuid for name in names if name.startswith(_NETWORK_PREFIX) and (uuid := _uuid(name[8:])))


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None

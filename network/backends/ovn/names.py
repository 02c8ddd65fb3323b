"""What our objects are called in OVN, and back."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

_NETWORK_PREFIX = "network-"


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

"""MAC addresses and free IP addresses."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from ipaddress import IPv4Address

from django.conf import settings

from network.models import Network


class Leg(IntEnum):
    """Who has the MAC. All are locally administered unicast (IEEE 802-2014, 8.4), and apart from one another."""

    INSTANCE = 0x02
    ROUTER_INSIDE = 0x06
    ROUTER_OUTSIDE = 0x0A


def mac_for(leg: Leg, number: int) -> str:
    """The MAC of a row by its id: what a sequence gives out once can't collide."""
    octets = (leg, settings.MAC_SITE, *number.to_bytes(4, "big"))
    return ":".join(f"{octet:02x}" for octet in octets)


def lowest_free(network: Network, taken: Iterable[str]) -> IPv4Address | None:
    """The first address that an instance may have and nobody has; None when all are taken."""
    used = {IPv4Address(address) for address in taken}
    return next(
        (address for address in network.subnet.hosts() if address not in used and network.is_usable(address)), None
    )

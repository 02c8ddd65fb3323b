"""Networks that people write, in one form."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

MOST = 50


def parsed_networks(texts: Iterable[str]) -> list[str]:
    """CIDR networks of IPv4 and IPv6, each once and in order; an address alone is the network of it.

    Raises:
        ValueError: one is none, or there are too many; the words say which.
    """
    found = {}
    for text in texts:
        try:
            network = ipaddress.ip_network(text.strip(), strict=False)
        except ValueError:
            raise ValueError(f"“{text}” is no network: write 192.0.2.0/24 or 2001:db8::/32.") from None
        if getattr(network.network_address, "scope_id", None):
            raise ValueError(f"“{text}” names an interface; a network has none.")
        found[network] = str(network)
    if len(found) > MOST:
        raise ValueError(f"At most {MOST} networks.")
    return sorted(found.values())

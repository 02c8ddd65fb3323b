"""Which address a request came from, where balancers stand in front."""

from __future__ import annotations

from functools import cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

# Somebody who writes a longer list himself wants to keep us busy.
MOST_HOPS = 16


def client_address(request: HttpRequest) -> str:
    """The address of the client, or of the first machine on the way that is not one of TRUSTED_PROXIES.

    A proxy appends to X-Forwarded-For whom it heard from. So the list is read from its end, and believed only as far
    as trusted machines wrote it: what the client sent along itself stands before.
    """
    return address_behind(request.META.get("REMOTE_ADDR", ""), request.META.get("HTTP_X_FORWARDED_FOR", ""))


def address_behind(remote: str, forwarded_for: str) -> str:
    """The same for whoever has no request: by the address that connects, and its X-Forwarded-For."""
    found = remote
    hops = forwarded_for.split(",")[-MOST_HOPS:]
    while hops and _is_trusted(found):
        heard = _parsed(hops.pop())
        if heard is None:
            break
        found = str(heard)
    return str(_parsed(found) or "")


def _is_trusted(address: str) -> bool:
    # Behind a Unix socket there is no address: whoever may write to the socket is the balancer.
    if not address:
        return "unix" in settings.TRUSTED_PROXIES
    parsed = _parsed(address)
    return parsed is not None and any(
        parsed in network for network in _networks(tuple(settings.TRUSTED_PROXIES)) if network.version == parsed.version
    )


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text.strip())
    except ValueError:
        return None
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address


@cache
def _networks(proxies: tuple[str, ...]) -> list[IPv4Network | IPv6Network]:
    return [ip_network(proxy) for proxy in proxies if proxy != "unix"]

"""Which addresses the portal may be sent to by somebody else: public ones, and what the operator allowed."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

# Where a translator puts IPv4 addresses: the well-known prefix of RFC 6052, and the deprecated ::a.b.c.d of RFC 4291.
EMBEDDING = (IPv6Network("64:ff9b::/96"), IPv6Network("::/96"))


class Internal(Exception):
    """A name leads into the operator's own networks."""


class Unknown(Exception):
    """A name leads nowhere."""


def allowed_address(host: str, port: int, internal: Iterable[str]) -> str:
    """The address to connect to. Every address that the name has must be public or in one of the `internal` networks.

    Connect to what is returned and not to the name: a second answer of the name server may differ.

    Raises:
        Unknown: the name has no address.
        Internal: one of its addresses is not accepted.
    """
    try:
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        raise Unknown(host) from error
    addresses = [str(answer[4][0]).partition("%")[0] for answer in answers]
    networks = list(internal)
    if not all(is_allowed(address, networks) for address in addresses):
        raise Internal(host)
    return addresses[0]


def is_allowed(address: str, internal: Iterable[str]) -> bool:
    ip = unwrapped(ip_address(address))
    if any(ip in block for block in map(ip_network, internal) if block.version == ip.version):
        return True
    return ip.is_global and not ip.is_multicast and not getattr(ip, "is_site_local", False)


def unwrapped(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that an IPv6 address really leads to, where it holds one."""
    if isinstance(ip, IPv4Address):
        return ip
    if inner := ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None):
        return inner
    if any(ip in prefix for prefix in EMBEDDING) and int(ip) > 1:
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip

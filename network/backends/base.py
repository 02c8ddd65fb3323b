"""What any network engine must do. Frozen values in, frozen values out; no Django here.

Every call is idempotent: the object's uuid is its name on the engine.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class PublicSpec:
    """The outside of a zone. `mapping` is the bridge mapping that the hosts know it by; `gateway` is the next hop."""

    uuid: UUID
    mapping: str
    cidr: IPv4Network
    gateway: IPv4Address


@dataclass(frozen=True, slots=True)
class NetworkSpec:
    """An isolated network with its router.

    Attributes:
        gateway: the router's address inside, with the prefix length.
        gateway_mac: of the router's leg inside; `public_mac` of its leg outside.
        public: the zone's public network.
        source_nat: the public address that its instances appear under, with the prefix length.
        dns_servers: given to guests by DHCP.
        domain: the DNS domain of its instances.
        mtu: bytes, what fits through the tunnel.
    """

    uuid: UUID
    gateway: IPv4Interface
    gateway_mac: str
    public: UUID
    public_mac: str
    source_nat: IPv4Interface
    dns_servers: tuple[IPv4Address, ...]
    domain: str
    mtu: int


@dataclass(frozen=True, slots=True)
class PortSpec:
    """One instance's place on a network. `default` decides whether DHCP offers the route and the host name.

    A second card that offered them would take over the guest's default route.
    """

    uuid: UUID
    network: UUID
    mac: str
    address: IPv4Address
    hostname: str
    default: bool = True


class NetworkBackend(Protocol):
    """One zone. Every method raises Retryable, Fatal or Unsupported; NotFound where it says so."""

    def ensure_public(self, spec: PublicSpec) -> None:
        """Make the zone's outside known."""

    def delete_public(self, uuid: UUID) -> None:
        """Forget an outside. Missing is success; Fatal while networks use it."""

    def create_network(self, spec: NetworkSpec) -> None:
        """Switch, router, DHCP, DNS and source NAT; nothing from outside gets in. NotFound without its public one."""

    def delete_network(self, uuid: UUID) -> None:
        """With all its ports. Missing is success."""

    def create_port(self, spec: PortSpec) -> None:
        """NotFound when the network is not there. Again is success, and repairs what differs."""

    def delete_port(self, uuid: UUID) -> None:
        """Missing is success."""

    def networks(self) -> frozenset[UUID]:
        """Every network of ours on the engine."""

    def ports(self) -> frozenset[UUID]:
        """Every port of ours on the engine."""

    def port_is_up(self, uuid: UUID) -> bool:
        """Whether a host has bound the port. NotFound when it is not there."""

    def wait_applied(self, timeout_seconds: float) -> bool:
        """Whether every host has taken what was written so far; False when time ran out, which is no error."""

    def close(self) -> None:
        """Give connections back."""

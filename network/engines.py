"""From rows to the network engine's values."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Interface, IPv4Network

from cloudportal.infrastructure.models import Zone
from network.addressing import Leg, mac_for
from network.backends.base import NetworkBackend, NetworkSpec, PortSpec, PublicSpec
from network.backends.registry import backend_for
from network.models import Network, Port


def backend_of(zone: Zone) -> NetworkBackend:
    """The engine of a zone; connects at the first call."""
    return backend_for(zone.network_url)


def public_spec(zone: Zone) -> PublicSpec:
    return PublicSpec(zone.uuid, zone.public_mapping, IPv4Network(zone.public_cidr), IPv4Address(zone.public_gateway))


def network_spec(network: Network) -> NetworkSpec:
    """The network with its source NAT address, which it holds from creation to removal."""
    zone = network.zone
    nat = network.public_addresses.get(is_source_nat=True)
    length = IPv4Network(zone.public_cidr).prefixlen
    return NetworkSpec(
        uuid=network.uuid,
        gateway=network.gateway,
        gateway_mac=mac_for(Leg.ROUTER_INSIDE, network.pk),
        public=zone.uuid,
        public_mac=mac_for(Leg.ROUTER_OUTSIDE, network.pk),
        source_nat=IPv4Interface(f"{nat.address}/{length}"),
        dns_servers=tuple(IPv4Address(server) for server in zone.dns_servers),
        domain=network.domain,
        mtu=network.mtu,
    )


def port_spec(port: Port, network: Network) -> PortSpec:
    return PortSpec(
        uuid=port.uuid,
        network=network.uuid,
        mac=port.mac,
        address=IPv4Address(port.address),
        hostname=port.hostname,
        default=port.is_default,
    )

"""A zone's networks on OVN."""

from __future__ import annotations

import time
from uuid import UUID

from cloudportal.infrastructure.drivers.errors import Fatal
from network.backends.base import NetworkSpec, PortSpec, PublicSpec
from network.backends.ovn import names, ports
from network.backends.ovn import network as networks
from network.backends.ovn.address import OvnAddress
from network.backends.ovn.chassis import gateways
from network.backends.ovn.database import Database, databases
from network.backends.ovn.rows import Row, Rows

# What we write and what it refers to. A replica of everything would grow with other people's rows.
NORTHBOUND_TABLES = (
    "NB_Global",
    "Logical_Switch",
    "Logical_Switch_Port",
    "Logical_Router",
    "Logical_Router_Port",
    "Logical_Router_Static_Route",
    "Logical_Router_Policy",
    "Gateway_Chassis",
    "NAT",
    "ACL",
    "DHCP_Options",
    "DNS",
)
POLL_SECONDS = 0.01


class OvnNetworks:
    """Implements `NetworkBackend`. A port's name in OVN is its uuid, which the hypervisor plugs by."""

    def __init__(self, url: str) -> None:
        self._address = OvnAddress.parse(url)

    def ensure_public(self, spec: PublicSpec) -> None:
        self._northbound.change("Set up the public network", lambda rows: networks.ensure_public(rows, spec))

    def delete_public(self, uuid: UUID) -> None:
        self._northbound.change("Remove the public network", lambda rows: networks.remove_public(rows, uuid))

    def create_network(self, spec: NetworkSpec) -> None:
        what = "Create the network"
        mapping = self._northbound.read(what, lambda rows: networks.public_mapping(rows, spec.public))
        chassis = self._gateways(what, mapping)
        self._northbound.change(what, lambda rows: networks.ensure_network(rows, spec, chassis))

    def delete_network(self, uuid: UUID) -> None:
        self._northbound.change("Delete the network", lambda rows: networks.remove_network(rows, uuid))

    def create_port(self, spec: PortSpec) -> None:
        self._northbound.change("Create the port", lambda rows: ports.ensure_port(rows, spec))

    def delete_port(self, uuid: UUID) -> None:
        self._northbound.change("Delete the port", lambda rows: ports.remove_port(rows, uuid))

    def networks(self) -> frozenset[UUID]:
        return self._northbound.read(
            "List the networks",
            lambda rows: names.networks_among(row.name for row in rows.all("Logical_Switch")),
        )

    def ports(self) -> frozenset[UUID]:
        return self._northbound.read("List the ports", lambda rows: ports.ports_among(rows.all("Logical_Switch_Port")))

    def port_is_up(self, uuid: UUID) -> bool:
        return self._northbound.read("Look at the port", lambda rows: ports.is_up(rows, uuid))

    def wait_applied(self, timeout_seconds: float) -> bool:
        """As ``ovn-nbctl --wait=hv sync``: every registered chassis counts, dead ones too."""
        what = "Wait for the hosts"
        wanted = self._northbound.increment(what, lambda rows: (_global(rows), "nb_cfg"))
        end = time.monotonic() + timeout_seconds
        while not (applied := self._northbound.glance(lambda rows: bool(_global(rows).hv_cfg >= wanted))):
            if time.monotonic() >= end:
                break
            time.sleep(POLL_SECONDS)
        return applied

    def close(self) -> None:
        """Nothing to give back: the replica belongs to the process, which keeps it for the next caller."""

    @property
    def _northbound(self) -> Database:
        return databases.get(self._address.northbound, "OVN_Northbound", NORTHBOUND_TABLES, self._address.tls)

    def _gateways(self, what: str, mapping: str) -> list[str]:
        if self._address.chassis:
            return list(self._address.chassis)
        if not self._address.southbound:
            raise Fatal("The url of OVN names neither its Southbound database (sb=) nor gateways (chassis=).")
        southbound = databases.get(self._address.southbound, "OVN_Southbound", ("Chassis",), self._address.tls)
        return southbound.read(what, lambda rows: gateways(rows.all("Chassis"), mapping))


def _global(rows: Rows) -> Row:
    return rows.all("NB_Global")[0]

"""Instances' places on their networks: address, protection against spoofing, DHCP and DNS."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from cloudportal.infrastructure.drivers.errors import Fatal, NotFound
from network.backends.base import PortSpec
from network.backends.ovn import names
from network.backends.ovn.network import DOMAIN_KEY, dhcp_key
from network.backends.ovn.rows import OBJECT_KEY, Row, Rows, children

NETWORK_KEY = "cloudportal:network"


def ensure_port(rows: Rows, spec: PortSpec) -> None:
    switch = rows.named("Logical_Switch", names.switch(spec.network))
    if switch is None:
        raise NotFound(f"The network {spec.network} is not on OVN.")
    _refuse_move(rows, spec)
    binding = f"{spec.mac} {spec.address}"
    port = rows.ensure_named(
        "Logical_Switch_Port",
        str(spec.uuid),
        addresses=[binding],
        port_security=[binding],
        dhcpv4_options=[rows.of_object("DHCP_Options", dhcp_key(spec.network, spec.default))],
        external_ids={OBJECT_KEY: str(spec.uuid), NETWORK_KEY: str(spec.network)},
    )
    _offer_host_name(port, spec)
    rows.refer(switch, "ports", port)
    # From OVN 23.09 on, a question for a name's IPv6 address is answered with "none" and not passed on.
    owned = {"options": {"ovn-owned": "true"}} if rows.has_column("DNS", "options") else {}
    records = _records(spec, switch.external_ids.get(DOMAIN_KEY, ""))
    record = rows.ensure_object("DNS", str(spec.uuid), records=records, **owned)
    rows.refer(switch, "dns_records", record)


def remove_port(rows: Rows, uuid: UUID) -> None:
    port = rows.named("Logical_Switch_Port", str(uuid))
    if port is None:
        return
    switch = rows.named("Logical_Switch", names.switch(UUID(port.external_ids[NETWORK_KEY])))
    record = rows.of_object("DNS", str(uuid))
    if switch is not None:
        rows.drop(switch, "ports", port)
    if record is not None:
        if switch is not None and record in children(switch, "dns_records"):
            switch.delvalue("dns_records", record)
        record.delete()


def is_up(rows: Rows, uuid: UUID) -> bool:
    """Raises NotFound when the port is not there."""
    row = rows.named("Logical_Switch_Port", str(uuid))
    if row is None:
        raise NotFound(f"The port {uuid} is not on OVN.")
    return bool(row.up == [True])


def ports_among(rows: Iterable[Row]) -> frozenset[UUID]:
    """Our instances' ports; routers' plugs and other people's ports are left out."""
    return frozenset(UUID(row.name) for row in rows if NETWORK_KEY in row.external_ids)


def _refuse_move(rows: Rows, spec: PortSpec) -> None:
    row = rows.named("Logical_Switch_Port", str(spec.uuid))
    if row is not None and row.external_ids.get(NETWORK_KEY) != str(spec.network):
        raise Fatal(f"The port {spec.uuid} is on another network already.")


def _offer_host_name(port: Row, spec: PortSpec) -> None:
    """One key of many: others belong to whoever moves the port between hosts."""
    present = getattr(port, "options", {}).get("hostname")
    if spec.default and spec.hostname:
        if present != (wanted := names.quoted(spec.hostname)):
            port.setkey("options", "hostname", wanted)
    elif present is not None:
        port.delkey("options", "hostname")


def _records(spec: PortSpec, domain: str) -> dict[str, str]:
    """OVN compares names in lower case and wants them so."""
    host = spec.hostname.lower()
    found = {host} | ({f"{host}.{domain.lower()}"} if domain else set()) if host else set()
    return dict.fromkeys(found, str(spec.address))

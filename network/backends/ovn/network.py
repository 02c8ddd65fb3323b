"""An isolated network: a switch for its instances, and a router to the outside that lets nothing in."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network
from uuid import UUID

from cloudportal.infrastructure.drivers.errors import Fatal, NotFound
from network.backends.base import NetworkSpec, PublicSpec
from network.backends.ovn import names
from network.backends.ovn.chassis import ranked
from network.backends.ovn.rows import OBJECT_KEY, Row, Rows, children

DOMAIN_KEY = "cloudportal:domain"
GATEWAY_KEY = "cloudportal:gateway"
MAPPING_KEY = "cloudportal:mapping"
SWITCH_KEY = "cloudportal:switch"
LEASE_SECONDS = 3600
# Below what security groups and port forwards use, so that they can open what this closes.
WALL_PRIORITY = 100
SPOOF_PRIORITY = 1000


def ensure_public(rows: Rows, spec: PublicSpec) -> None:
    switch = rows.ensure_named(
        "Logical_Switch",
        names.public_switch(spec.uuid),
        external_ids={OBJECT_KEY: str(spec.uuid), GATEWAY_KEY: str(spec.gateway), MAPPING_KEY: spec.mapping},
    )
    uplink = rows.ensure_named(
        "Logical_Switch_Port",
        f"{names.public_switch(spec.uuid)}-uplink",
        type="localnet",
        addresses=["unknown"],
        options={"network_name": spec.mapping},
        external_ids={OBJECT_KEY: str(spec.uuid)},
    )
    rows.refer(switch, "ports", uplink)


def remove_public(rows: Rows, uuid: UUID) -> None:
    switch = rows.named("Logical_Switch", names.public_switch(uuid))
    if switch is None:
        return
    if any(port.type == "router" for port in children(switch, "ports")):
        raise Fatal("Networks still have their way out through this public network.")
    switch.delete()


def public_mapping(rows: Rows, public: UUID) -> str:
    """Raises NotFound when the zone's outside is not known."""
    return str(_public(rows, public).external_ids[MAPPING_KEY])


def ensure_network(rows: Rows, spec: NetworkSpec, chassis: Iterable[str]) -> None:
    public = _public(rows, spec.public)
    switch = _switch(rows, spec)
    router = rows.ensure_named("Logical_Router", names.router(spec.uuid), external_ids={OBJECT_KEY: str(spec.uuid)})
    _connect(rows, spec.uuid, router, switch, names.inside_leg(spec.uuid), spec.gateway_mac, str(spec.gateway))
    outside = names.outside_leg(spec.uuid)
    leg = _connect(rows, spec.uuid, router, public, outside, spec.public_mac, str(spec.source_nat), announce=True)
    _place(rows, leg, spec.uuid, chassis)
    _route_out(rows, router, spec, str(public.external_ids[GATEWAY_KEY]))
    _wall_off(rows, switch, router, spec)
    _dhcp(rows, spec)


def remove_network(rows: Rows, uuid: UUID) -> None:
    switch = rows.named("Logical_Switch", names.switch(uuid))
    if switch is not None:
        for record in children(switch, "dns_records"):
            record.delete()
        switch.delete()
    router = rows.named("Logical_Router", names.router(uuid))
    if router is not None:
        router.delete()
    plug = rows.named("Logical_Switch_Port", names.plug(names.outside_leg(uuid)))
    public = rows.named("Logical_Switch", names.public_switch(UUID(plug.external_ids[SWITCH_KEY]))) if plug else None
    if public is not None:
        rows.drop(public, "ports", plug)
    for default in (True, False):
        options = rows.of_object("DHCP_Options", dhcp_key(uuid, default))
        if options is not None:
            options.delete()


def dhcp_key(network: UUID, default: bool) -> str:
    return f"{network}/{'default' if default else 'additional'}"


def _public(rows: Rows, public: UUID) -> Row:
    switch = rows.named("Logical_Switch", names.public_switch(public))
    if switch is None:
        raise NotFound(f"The public network {public} is not known to OVN.")
    return switch


def _switch(rows: Rows, spec: NetworkSpec) -> Row:
    return rows.ensure_named(
        "Logical_Switch",
        names.switch(spec.uuid),
        other_config={"subnet": str(spec.gateway.network)},
        external_ids={OBJECT_KEY: str(spec.uuid), DOMAIN_KEY: spec.domain},
    )


def _connect(
    rows: Rows, network: UUID, router: Row, switch: Row, leg: str, mac: str, address: str, announce: bool = False
) -> Row:
    """One leg of the router: its port, and the switch's port that it is plugged into."""
    port = rows.ensure_named(
        "Logical_Router_Port", leg, mac=mac, networks=[address], external_ids={OBJECT_KEY: str(network)}
    )
    rows.refer(router, "ports", port)
    # The outside learns by gratuitous ARP which host carries the router at the moment.
    announcement = {"nat-addresses": "router"} if announce else {}
    plug = rows.ensure_named(
        "Logical_Switch_Port",
        names.plug(leg),
        type="router",
        addresses=["router"],
        options={"router-port": leg, **announcement},
        external_ids={OBJECT_KEY: str(network), SWITCH_KEY: switch.external_ids[OBJECT_KEY]},
    )
    rows.refer(switch, "ports", plug)
    return port


def _place(rows: Rows, leg: Row, network: UUID, chassis: Iterable[str]) -> None:
    wanted = ranked(network, chassis)
    if not wanted:
        raise Fatal("No host reaches the public network: none has its bridge mapping.")
    for row in children(leg, "gateway_chassis"):
        if row.chassis_name not in dict(wanted):
            rows.drop(leg, "gateway_chassis", row)
    for name, priority in wanted:
        rows.ensure_child(
            leg, "gateway_chassis", "Gateway_Chassis", name,
            name=f"{names.outside_leg(network)}-{name}", chassis_name=name, priority=priority,
        )  # fmt: skip


def _route_out(rows: Rows, router: Row, spec: NetworkSpec, next_hop: str) -> None:
    rows.ensure_child(
        router, "static_routes", "Logical_Router_Static_Route", "default",
        ip_prefix="0.0.0.0/0", nexthop=next_hop, output_port=[names.outside_leg(spec.uuid)],
    )  # fmt: skip
    rows.ensure_child(
        router, "nat", "NAT", "source-nat",
        type="snat", external_ip=str(spec.source_nat.ip), logical_ip=str(spec.gateway.network),
    )  # fmt: skip


def _wall_off(rows: Rows, switch: Row, router: Row, spec: NetworkSpec) -> None:
    """Drop what instances did not ask for.

    The router forwards whatever is routed to it, translated or not. So connections that instances
    open are tracked, their replies pass, and all else that comes from another network is dropped; what
    comes from outside with an inside address as its source is dropped by the router.
    """
    inside: IPv4Network = spec.gateway.network
    rows.ensure_child(
        switch, "acls", "ACL", "track",
        direction="from-lport", priority=WALL_PRIORITY, match="ip4", action="allow-related",
    )  # fmt: skip
    rows.ensure_child(
        switch, "acls", "ACL", "wall",
        direction="to-lport", priority=WALL_PRIORITY, match=f"ip4.src != {inside} && ip4", action="drop",
    )  # fmt: skip
    rows.ensure_child(
        router, "policies", "Logical_Router_Policy", "spoof", priority=SPOOF_PRIORITY, action="drop",
        match=f'inport == "{names.outside_leg(spec.uuid)}" && ip4.src == {inside}',
    )  # fmt: skip


def _dhcp(rows: Rows, spec: NetworkSpec) -> None:
    options = {
        "server_id": str(spec.gateway.ip),
        "server_mac": spec.gateway_mac,
        "lease_time": str(LEASE_SECONDS),
        "mtu": str(spec.mtu),
    }
    if spec.dns_servers:
        options["dns_server"] = "{" + ", ".join(map(str, spec.dns_servers)) + "}"
    if spec.domain:
        options["domain_name"] = names.quoted(spec.domain)
    cidr = str(spec.gateway.network)
    default = {**options, "router": str(spec.gateway.ip)}
    rows.ensure_object("DHCP_Options", dhcp_key(spec.uuid, True), cidr=cidr, options=default)
    rows.ensure_object("DHCP_Options", dhcp_key(spec.uuid, False), cidr=cidr, options=options)

"""Zones and pods."""

from __future__ import annotations

from ipaddress import AddressValueError, IPv4Address, IPv4Network, NetmaskValueError
from typing import Any

from django.db import transaction

from cloudportal.core import events
from cloudportal.core.errors import InvalidInput
from cloudportal.core.writing import insert, update
from cloudportal.infrastructure.models import Host, Pod, Zone
from cloudportal.infrastructure.services.scheduling import refresh_schedulable
from tenants.actor import Actor

NETWORK_SCHEMES = ("ovn+unix://", "ovn+tcp://", "ovn+ssl://", "simulator://")


def create_zone(
    actor: Actor, *, name: str, network_url: str, public_cidr: str, public_gateway: str, **more: Any
) -> Zone:
    """Add a zone. Its public addresses are added by `network.services.public_addresses`.

    Raises:
        PermissionDenied: the actor does not manage the infrastructure.
        InvalidInput: a field is wrong, or the name is taken.
    """
    actor.require_everywhere("infrastructure.manage")
    zone = Zone(name=name, network_url=network_url, public_cidr=public_cidr, public_gateway=public_gateway, **more)
    _check_addresses(zone)
    with transaction.atomic():
        insert(zone)
        events.record(actor, "infrastructure.create_zone", f"Zone {zone} created.", resource=zone)
    return zone


def update_zone(actor: Actor, *, zone: Zone, **changes: Any) -> Zone:
    """Change a zone; the refusals of `create_zone`."""
    actor.require_everywhere("infrastructure.manage")
    with transaction.atomic():
        update(zone, **changes)
        _check_addresses(zone)
        refresh_schedulable(Host.objects.filter(zone=zone))
        events.record(
            actor, "infrastructure.update_zone", f"Zone {zone} changed.", resource=zone, fields=sorted(changes)
        )
    return zone


def create_pod(actor: Actor, *, zone: Zone, name: str, **more: Any) -> Pod:
    """Add a pod to a zone; the refusals of `create_zone`."""
    actor.require_everywhere("infrastructure.manage")
    with transaction.atomic():
        pod = insert(Pod(zone=zone, name=name, **more))
        events.record(actor, "infrastructure.create_pod", f"Pod {pod} created.", resource=pod)
    return pod


def update_pod(actor: Actor, *, pod: Pod, **changes: Any) -> Pod:
    """Change a pod; the refusals of `create_zone`."""
    actor.require_everywhere("infrastructure.manage")
    with transaction.atomic():
        update(pod, **changes)
        refresh_schedulable(Host.objects.filter(cluster__pod=pod))
        events.record(actor, "infrastructure.update_pod", f"Pod {pod} changed.", resource=pod, fields=sorted(changes))
    return pod


def _check_addresses(zone: Zone) -> None:
    if not zone.network_url.startswith(NETWORK_SCHEMES):
        raise InvalidInput({"network_url": f"The network engine's URL begins with {', '.join(NETWORK_SCHEMES)}."})
    try:
        cidr = IPv4Network(zone.public_cidr)
    except (AddressValueError, NetmaskValueError, ValueError) as error:
        raise InvalidInput({"public_cidr": "That is no IPv4 network, such as 203.0.113.0/24."}) from error
    for server in zone.dns_servers:
        try:
            IPv4Address(server)
        except AddressValueError as error:
            raise InvalidInput({"dns_servers": f"“{server}” is no IPv4 address."}) from error
    try:
        gateway = IPv4Address(zone.public_gateway)
    except AddressValueError as error:
        raise InvalidInput({"public_gateway": "That is no IPv4 address."}) from error
    if gateway not in cidr:
        raise InvalidInput({"public_gateway": f"The gateway must lie in {cidr}."})

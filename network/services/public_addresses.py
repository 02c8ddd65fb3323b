"""The zone's stock of public addresses."""

from __future__ import annotations

from decimal import Decimal
from ipaddress import AddressValueError, IPv4Address, IPv4Network

from django.db import transaction

from cloudportal.core import events
from cloudportal.core.errors import InvalidInput
from cloudportal.infrastructure.models import Zone
from network.models import PublicAddress
from tenants.actor import Actor

LARGEST = 65_536


def add_public_range(actor: Actor, *, zone: Zone, first: str, last: str, price_per_hour: Decimal = Decimal(0)) -> int:
    """Add addresses to the zone's stock; those it has already stay as they are. Returns how many are new.

    Raises:
        PermissionDenied: the actor does not manage the infrastructure.
        InvalidInput: the range is not within the zone's public network, or contains its gateway.
    """
    actor.require_everywhere("infrastructure.manage")
    start, end = _address("first", first), _address("last", last)
    cidr = IPv4Network(zone.public_cidr)
    for field, address in (("first", start), ("last", end)):
        if address not in cidr or address in (cidr.network_address, cidr.broadcast_address):
            raise InvalidInput({field: f"The address must lie in {cidr}."})
    if end < start:
        raise InvalidInput({"last": "The last address comes before the first."})
    if int(end) - int(start) >= LARGEST:
        raise InvalidInput({"last": f"At most {LARGEST} addresses can be added at once."})
    if start <= IPv4Address(zone.public_gateway) <= end:
        raise InvalidInput({"first": f"The range holds the gateway {zone.public_gateway}."})
    if price_per_hour < 0:
        raise InvalidInput({"price_per_hour": "A price is not negative."})
    rows = [
        PublicAddress(zone=zone, address=str(IPv4Address(number)), price_per_hour=price_per_hour)
        for number in range(int(start), int(end) + 1)
    ]
    with transaction.atomic():
        before = PublicAddress.objects.filter(zone=zone).count()
        PublicAddress.objects.bulk_create(rows, ignore_conflicts=True)
        added = PublicAddress.objects.filter(zone=zone).count() - before
        events.record(actor, "network.add_public_range", f"{added} public addresses added to {zone}.", resource=zone)
    return added


def _address(field: str, text: str) -> IPv4Address:
    try:
        return IPv4Address(text.strip())
    except AddressValueError as error:
        raise InvalidInput({field: "That is no IPv4 address."}) from error

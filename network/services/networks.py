"""Networks: create, delete."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import AddressValueError, IPv4Network, NetmaskValueError

from django.db import transaction

from cloudportal.core.errors import Conflict, InvalidInput
from cloudportal.core.writing import check_fields, insert
from cloudportal.infrastructure.models import Zone
from cloudportal.infrastructure.states import AllocationState
from cloudportal.jobs import services as jobs
from cloudportal.jobs.models import Job
from network.models import Network
from network.reservations import allocate_source_nat
from network.workflows import CREATE_NETWORK, DELETE_NETWORK
from tenants import limits
from tenants.actor import Actor
from tenants.models import Account
from tenants.sharing import require_on
from tenants.tagging import checked_tags

SHORTEST, LONGEST = 16, 29
PRIVATE = tuple(IPv4Network(block) for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"))


def create_network(
    actor: Actor, *, account: Account, zone: Zone, name: str, cidr: str, tags: Mapping[str, str] | None = None
) -> Job:
    """Make an isolated network with a router and source NAT.

    Two accounts may use the same CIDR: their networks never meet. One account may not, since it would
    want to join them some day.

    Raises:
        NotFound, PermissionDenied: the actor may not manage the account's networks.
        InvalidInput: the name is taken, or the CIDR malformed, not private, too small, too large or overlapping.
        LimitExceeded: the account, or a domain above it, may not have another network or public address.
        CapacityExhausted: the zone has no free public address.
        Conflict: the zone is disabled.
    """
    actor.require("network.manage", account)
    network = Network(account=account, zone=zone, name=name.strip(), mtu=zone.guest_mtu, tags=checked_tags(tags or {}))
    network.domain = f"{zone.domain}"
    network.cidr = str(_parsed(zone, cidr))
    check_fields(network)
    if zone.allocation_state != AllocationState.ENABLED:
        raise Conflict(f"Zone {zone} is disabled.")
    with transaction.atomic():
        # The account's row stands for "this account's set of networks": overlap is judged by one at a time.
        Account.objects.select_for_update(no_key=True).get(pk=account.pk)
        _refuse_overlap(network)
        insert(network)
        limits.reserve(account, by=actor, networks=1, public_addresses=1)
        allocate_source_nat(network, account, zone)
        return jobs.start(actor, CREATE_NETWORK, network)


def delete_network(actor: Actor, *, network: Network) -> Job:
    """Remove a network that no instance uses.

    Raises:
        NotFound, PermissionDenied: the actor may not manage the account's networks.
        Conflict: instances are on it, its state does not allow it, or a job is changing it.
    """
    require_on(actor, "network.manage", network, even_locked=True)
    with transaction.atomic():
        job = jobs.start(actor, DELETE_NETWORK, network)
        # After the state changed, under its row lock: whoever takes a port now waits, and is then refused.
        held = network.ports.count()
        if held:
            raise Conflict(
                f"Network {network} still has {held} instance{'s' * (held != 1)}; remove them first.", instances=held
            )
    return job


def _parsed(zone: Zone, cidr: str) -> IPv4Network:
    try:
        subnet = IPv4Network(cidr.strip())
    except (AddressValueError, NetmaskValueError, ValueError) as error:
        text = str(error)
        hint = "The address has bits set beyond its prefix." if "host bits" in text else "Write it like 10.0.1.0/24."
        raise InvalidInput({"cidr": f"That is no IPv4 network. {hint}"}) from error
    if not SHORTEST <= subnet.prefixlen <= LONGEST:
        raise InvalidInput({"cidr": f"The prefix must be from /{SHORTEST} to /{LONGEST}."})
    if not any(subnet.subnet_of(block) for block in PRIVATE):
        raise InvalidInput(
            {"cidr": "Take a private network: from 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or 100.64.0.0/10."}
        )
    if subnet.overlaps(IPv4Network(zone.public_cidr)):
        raise InvalidInput({"cidr": "That overlaps the zone's public network."})
    return subnet


def _refuse_overlap(network: Network) -> None:
    others = Network.objects.filter(account=network.account, zone=network.zone, removed_at=None)
    for other in others.exclude(state="Error").only("name", "cidr"):
        if network.subnet.overlaps(other.subnet):
            raise InvalidInput({"cidr": f"That overlaps your network {other.name} ({other.cidr})."})

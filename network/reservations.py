"""Taking and giving back ports and public addresses, inside the caller's transaction. No permission is checked here."""

from __future__ import annotations

from cloudportal.core.errors import CapacityExhausted, Conflict
from cloudportal.core.models.base import next_id
from cloudportal.infrastructure.models import Zone
from network.addressing import Leg, lowest_free, mac_for
from network.locks import lock_network
from network.models import Network, Port, PublicAddress
from tenants import limits
from tenants.models import Account

OPEN_STATES = ("Allocated", "Implementing", "Implemented")


def allocate_port(network: Network, *, hostname: str, is_default: bool) -> Port:
    """Give out the lowest free address of a network.

    The network's row is locked until the transaction ends, so neighbours wait instead of colliding.

    Raises:
        CapacityExhausted: the network has no free address.
        Conflict: the network is being deleted.
    """
    locked = lock_network(network)
    if locked.state not in OPEN_STATES:
        raise Conflict(f"Network {network} is {locked.state} and takes no instances.", state=locked.state)
    taken = Port.objects.filter(network=network).values_list("address", flat=True)
    address = lowest_free(network, taken)
    if address is None:
        raise CapacityExhausted(f"Network {network} ({network.cidr}) has no free address.")
    key = next_id(Port)
    name = _free_hostname(network, hostname, address)
    return Port.objects.create(
        pk=key,
        network=network,
        mac=mac_for(Leg.INSTANCE, key),
        address=str(address),
        hostname=name,
        is_default=is_default,
    )


def _free_hostname(network: Network, hostname: str, address: object) -> str:
    """An instance of another account's project may have the same name: then the address makes it different."""
    if not Port.objects.filter(network=network, hostname=hostname).exists():
        return hostname
    return f"{hostname[:47]}-{str(address).replace('.', '-')}"


def release_port(port: Port) -> None:
    """Give the address back. Gone already is success."""
    Port.objects.filter(pk=port.pk).delete()


def allocate_source_nat(network: Network, account: Account, zone: Zone) -> PublicAddress:
    """Give the network the first free public address of its zone.

    Raises:
        CapacityExhausted: the zone has none left.
    """
    free = PublicAddress.objects.filter(zone=zone, account=None)
    row = (
        free.select_for_update(skip_locked=True).order_by("id").first()
        or free.select_for_update().order_by("id").first()
    )
    if row is None:
        raise CapacityExhausted(f"Zone {zone} has no free public address.")
    row.account, row.network, row.is_source_nat = account, network, True
    row.save(update_fields=["account", "network", "is_source_nat"])
    return row


def release_network(network: Network) -> None:
    """Give back what the network counts for, and its public addresses to the zone. Done already is success."""
    addresses = network.public_addresses.update(account=None, network=None, is_source_nat=False, tags={})
    limits.release(network.account_id, **limits.stop_counting(network), public_addresses=addresses)

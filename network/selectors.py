"""Reading networks."""

from __future__ import annotations

from django.db.models import Count, Q, QuerySet

from cloudportal.infrastructure.selectors import Capacity
from network.models import Network, NetworkShare, Port, PublicAddress
from tenants.actor import Actor
from tenants.models import Account
from tenants.sharing import own_or_shared, sees_by_share, shared_with


def networks(actor: Actor) -> QuerySet[Network]:
    """Networks that are not removed: the actor's own, and those shared with it."""
    seen = own_or_shared(actor, "network.view", NetworkShare)
    return Network.objects.filter(seen, removed_at=None).select_related("zone", "account__domain")


def networks_for(actor: Actor, account: Account) -> QuerySet[Network]:
    """Those that an account's instances may be put on."""
    return networks(actor).filter(Q(account=account) | shared_with(account, NetworkShare))


def ports(actor: Actor, network: Network) -> QuerySet[Port]:
    """Who has which address on a network that the actor sees; on another account's, none but the actor's own.

    They come with their holders, which belong to an app above: the reverse relation leads there by name.
    """
    rows = network.ports.select_related("nic__instance__account__domain").order_by("id")
    if sees_by_share(actor, network):
        return rows.filter(actor.scope("compute.view", field="nic__instance__account"))
    return rows


def public_addresses(actor: Actor) -> QuerySet[PublicAddress]:
    """Addresses that accounts hold; operators see the free ones too."""
    rows = PublicAddress.objects.select_related("zone", "account", "network")
    if actor.is_operator:
        return rows
    return rows.filter(actor.scope("network.view"), account__isnull=False)


def address_capacity(actor: Actor) -> list[Capacity]:
    """Public addresses in use."""
    if not actor.is_operator:
        return []
    sums = PublicAddress.objects.aggregate(all=Count("id"), used=Count("id", filter=Q(account__isnull=False)))
    return [Capacity("Public addresses", "addresses", sums["used"], sums["all"])]

"""Reading networks."""

from __future__ import annotations

from django.db.models import Count, Q, QuerySet

from cloudportal.infrastructure.selectors import Capacity
from network.models import Network, PublicAddress
from tenants.actor import Actor


def networks(actor: Actor) -> QuerySet[Network]:
    """Networks that are not removed."""
    return Network.objects.filter(actor.scope("network.view"), removed_at=None).select_related("zone", "account")


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

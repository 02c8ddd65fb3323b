"""What accounts hold of networks."""

from __future__ import annotations

from collections.abc import Collection

from django.db import transaction
from django.db.models import QuerySet

from cloudportal.core.driver_errors import Fatal
from cloudportal.jobs import services as jobs
from cloudportal.jobs.models import Job
from cloudportal.jobs.trail import Originator
from network.models import Network
from network.workflows import DELETE_NETWORK
from tenants.holdings import Holding


def networks(accounts: Collection[int]) -> QuerySet[Network]:
    """With their public addresses, which go when they go."""
    return Network.objects.filter(account__in=accounts, removed_at=None)


def remove_network(network: Network, parent: Job) -> None:
    """The account's own instances are gone by now; those of others, with whom it was shared, are not ours to remove.

    Raises:
        Fatal: there are some.
    """
    with transaction.atomic():
        jobs.start(Originator(parent), DELETE_NETWORK, network, parent=parent)
        others = network.ports.count()
        if others:
            words = f"{others} instance{'s' * (others != 1)} of other accounts, with which it was shared"
            raise Fatal(f"On network {network} there {'are' if others != 1 else 'is'} still {words}.")


Holding("networks", 30, "network", Network, networks, remove_network)

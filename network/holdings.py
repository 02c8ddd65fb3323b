"""What accounts hold of networks."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import QuerySet

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
    jobs.start(Originator(parent), DELETE_NETWORK, network, parent=parent)


Holding("networks", 30, "network", Network, networks, remove_network)

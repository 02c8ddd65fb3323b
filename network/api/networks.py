"""Networks."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from cloudportal.doors.api.bodies import Body, Owner, Reference, accepts
from cloudportal.doors.api.fields import text
from cloudportal.doors.api.requests import Request
from cloudportal.doors.api.rows import Ref, Row, allowed, column, ref, shared
from cloudportal.doors.api.sharing import SharedViewSet
from cloudportal.doors.api.tagging import tags_field
from cloudportal.doors.api.views import on_object, starts_job
from cloudportal.doors.ordering import NAMED_NEWEST_FIRST
from cloudportal.infrastructure import selectors as infrastructure
from cloudportal.jobs.models import Job
from network import selectors
from network.filters import NetworkFilterSet
from network.models import Network
from network.services import networks
from network.states import NETWORK


class NetworkRow(Row):
    """An isolated network: addresses by DHCP, names by DNS, out through source NAT."""

    id: UUID = column("uuid")
    name: str = column()
    state: str = column(choices=NETWORK.states)
    account: Ref = ref()
    zone: Ref = ref()
    cidr: str = column()
    domain: str = column(help="The DNS domain of its instances.")
    mtu: int = column(help="Bytes.")
    shared: bool = shared("network.view")
    tags: dict[str, str] = column(help="Key and value, as people wrote them.")
    created_at: dt.datetime = column()
    allowed: list[str] = allowed(NETWORK, "network.manage")


class CreateNetwork(Body):
    account = Owner("network.view")
    zone = Reference(infrastructure.zones)
    name = text(63)
    cidr = text(18, help="A private IPv4 network, such as 10.1.0.0/24.")
    tags = tags_field()


class NetworkViewSet(SharedViewSet[Network]):
    selector = selectors.networks
    filterset_class = NetworkFilterSet
    sorting = NAMED_NEWEST_FIRST
    row = NetworkRow

    @accepts(CreateNetwork)
    @starts_job
    def create(self, request: Request, data: dict[str, Any]) -> Job:
        """Make an isolated network."""
        return networks.create_network(request.actor, **data)

    @on_object
    @starts_job
    def destroy(self, request: Request, network: Network) -> Job:
        """Remove a network that no instance is on."""
        return networks.delete_network(request.actor, network=network)

"""Zones."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from rest_framework import serializers

from cloudportal.doors.api.bodies import Body, accepts
from cloudportal.doors.api.fields import number, one_of, text
from cloudportal.doors.api.requests import Request
from cloudportal.doors.api.rows import Row, column
from cloudportal.doors.api.views import ResourceViewSet, changes, creates, on_object
from cloudportal.doors.ordering import BY_NAME
from cloudportal.infrastructure import selectors
from cloudportal.infrastructure.filters import ZoneFilterSet
from cloudportal.infrastructure.models import Zone
from cloudportal.infrastructure.services import zones
from cloudportal.infrastructure.states import AllocationState


class ZoneRow(Row):
    """The place that a tenant chooses."""

    id: UUID = column("uuid")
    name: str = column()
    allocation_state: str = column(choices=AllocationState.values)
    domain: str = column(help="The DNS domain that its networks' names end in.")
    dns_servers: list[str] = column()
    guest_mtu: int = column(help="Bytes.")
    network_url: str = column(operators=True)
    public_mapping: str = column(operators=True)
    public_cidr: str = column(operators=True)
    public_gateway: str = column(operators=True)
    created_at: dt.datetime = column()


def dns_servers(*, required: bool = True) -> serializers.ListField:
    return serializers.ListField(
        child=serializers.IPAddressField(protocol="IPv4"), required=required, min_length=1, max_length=8
    )


class UpdateZone(Body):
    name = text(64, required=False)
    allocation_state = one_of(AllocationState.choices)
    public_mapping = text(64, required=False)
    guest_mtu = number(required=False, least=576)
    dns_servers = dns_servers(required=False)
    domain = text(128, required=False)


class CreateZone(UpdateZone):
    name = text(64)
    network_url = text(255, help="The northbound side of its network engine.")
    public_cidr = text(18)
    public_gateway = text(15)
    dns_servers = dns_servers()


class ZoneViewSet(ResourceViewSet[Zone]):
    selector = selectors.zones
    filterset_class = ZoneFilterSet
    sorting = BY_NAME
    row = ZoneRow

    @accepts(CreateZone)
    @creates
    def create(self, request: Request, data: dict[str, Any]) -> Zone:
        """Add a zone."""
        return zones.create_zone(request.actor, **data)

    @on_object
    @accepts(UpdateZone, partial=True)
    @changes
    def partial_update(self, request: Request, zone: Zone, data: dict[str, Any]) -> Zone:
        """Change a zone."""
        return zones.update_zone(request.actor, zone=zone, **data)

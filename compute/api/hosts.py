"""Hosts. Adding one connects to it, which is why they stand here and not below."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from cloudportal.doors.api.bodies import Body, Reference, accepts
from cloudportal.doors.api.fields import one_of, secret, text
from cloudportal.doors.api.requests import Request
from cloudportal.doors.api.rows import Ref, Row, column, ref
from cloudportal.doors.api.views import ResourceViewSet, changes, creates, on_object, removes
from cloudportal.doors.ordering import BY_NAME
from cloudportal.infrastructure import selectors
from cloudportal.infrastructure.filters import HostFilterSet
from cloudportal.infrastructure.models import Host
from cloudportal.infrastructure.states import ConnectionState, ResourceState
from compute.services import hosts


class HostRow(Row):
    """A hypervisor node: what it has, what may be promised of it, and what is."""

    id: UUID = column("uuid")
    name: str = column()
    zone: Ref = ref()
    cluster: Ref = ref()
    url: str = column()
    resource_state: str = column(choices=ResourceState.values, help="What the operator wants of it.")
    connection_state: str = column(choices=ConnectionState.values, help="What is seen of it.")
    is_schedulable: bool = column(help="Whether new instances may be placed there.")
    last_seen_at: dt.datetime | None = column()
    last_error: str = column()
    virt_type: str = column(choices=Host.VirtType.values)
    found_virt_type: str = column()
    datapath: str = column(choices=Host.Datapath.values)
    hypervisor_name: str = column()
    hypervisor_version: str = column()
    cpu_model: str = column()
    cpus: int = column()
    cpu_capacity: int = column()
    cpus_used: int = column()
    memory_mib: int = column()
    memory_capacity_mib: int = column()
    memory_used_mib: int = column()
    created_at: dt.datetime = column()


class AddHost(Body):
    cluster = Reference(selectors.clusters)
    name = text(64)
    url = text(255, help="How it is reached, such as qemu+tls://host/system.")
    username = text(64, required=False)
    password = secret()
    virt_type = one_of(Host.VirtType.choices)
    datapath = one_of(Host.Datapath.choices)


class UpdateHost(Body):
    resource_state = one_of(ResourceState.choices)


class HostViewSet(ResourceViewSet[Host]):
    selector = selectors.hosts
    filterset_class = HostFilterSet
    sorting = BY_NAME
    row = HostRow

    @accepts(AddHost)
    @creates
    def create(self, request: Request, data: dict[str, Any]) -> Host:
        """Connect to a host, find out what it has, and add it to a cluster."""
        return hosts.add_host(request.actor, **data)

    @on_object
    @accepts(UpdateHost, partial=True)
    @changes
    def partial_update(self, request: Request, host: Host, data: dict[str, Any]) -> Host:
        """Say what is wanted of a host."""
        return hosts.update_host_state(request.actor, host=host, **data)

    @on_object
    @removes
    def destroy(self, request: Request, host: Host) -> None:
        """Forget a host that holds nothing."""
        hosts.remove_host(request.actor, host=host)

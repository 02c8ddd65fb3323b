"""Instances, and all that may be done to them."""

from __future__ import annotations

from typing import Any

from rest_framework.response import Response

from cloudportal.doors.api.bodies import Body, Owner, Reference, References, accepts
from cloudportal.doors.api.fields import flag, text
from cloudportal.doors.api.requests import Request
from cloudportal.doors.api.rows import Row, column
from cloudportal.doors.api.tagging import TaggedViewSet, tags_field
from cloudportal.doors.api.views import answers, changes, on_object, operation, starts_job
from cloudportal.doors.ordering import Sorting
from cloudportal.infrastructure import selectors as infrastructure
from cloudportal.jobs.models import Job
from compute import selectors
from compute.api.instance_rows import InstanceDetailRow, InstanceRow
from compute.filters import InstanceFilterSet
from compute.models import Instance
from compute.services import consoles, instances
from network import selectors as networks
from storage import selectors as storage

# As long as a body may be: what user data may be is for the service to say.
USER_DATA_SHAPE = 1 << 20


class DeployInstance(Body):
    account = Owner("compute.view")
    name = text(63)
    zone = Reference(infrastructure.zones)
    offering = Reference(selectors.offerings)
    template = Reference(storage.templates)
    networks = References(networks.networks, help_text="The first is where its default route goes.")
    ssh_keys = References(selectors.ssh_keys, required=False)
    user_data = text(USER_DATA_SHAPE, required=False, help="For cloud-init; kept encrypted and never shown.")
    tags = tags_field()


class StopInstance(Body):
    force = flag("Do not ask the guest: switch it off.")


class ConsoleRow(Row):
    """The right to open one console once, soon."""

    token: str = column()


class InstanceViewSet(TaggedViewSet[Instance]):
    selector = selectors.instances
    filterset_class = InstanceFilterSet
    sorting = Sorting("-created_at", created_at="pk", name="name", state="state")
    row = InstanceRow
    detail_row = InstanceDetailRow

    @accepts(DeployInstance)
    @starts_job
    def create(self, request: Request, data: dict[str, Any]) -> Job:
        """Make an instance and start it."""
        return instances.deploy_instance(request.actor, **data)

    @operation
    @on_object
    @starts_job
    def start(self, request: Request, instance: Instance) -> Job:
        """Start it, on a host that has room."""
        return instances.start_instance(request.actor, instance=instance)

    @operation
    @on_object
    @accepts(StopInstance)
    @starts_job
    def stop(self, request: Request, instance: Instance, data: dict[str, Any]) -> Job:
        """Shut it down: asked first, and forced at a deadline."""
        return instances.stop_instance(request.actor, instance=instance, **data)

    @operation
    @on_object
    @starts_job
    def reboot(self, request: Request, instance: Instance) -> Job:
        """Restart the guest where it is."""
        return instances.reboot_instance(request.actor, instance=instance)

    @operation
    @on_object
    @starts_job
    def destroy_(self, request: Request, instance: Instance) -> Job:
        """Stop it and put it into the recycle bin."""
        return instances.destroy_instance(request.actor, instance=instance)

    @operation
    @on_object
    @changes
    def recover(self, request: Request, instance: Instance) -> Instance:
        """Take it out of the recycle bin."""
        return instances.recover_instance(request.actor, instance=instance)

    @operation
    @on_object
    @starts_job
    def expunge(self, request: Request, instance: Instance) -> Job:
        """Remove it and its disks for ever."""
        return instances.expunge_instance(request.actor, instance=instance)

    @operation
    @on_object
    @answers(ConsoleRow, 201)
    def console(self, request: Request, instance: Instance) -> Response:
        """Get a token that opens its console once."""
        return Response({"token": consoles.open_console(request.actor, instance=instance)}, status=201)

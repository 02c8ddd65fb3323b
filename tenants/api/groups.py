"""Groups. Their members are listed by ``users/?group=``."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from cloudportal.doors.api.bodies import Body, Reference, accepts
from cloudportal.doors.api.fields import text
from cloudportal.doors.api.requests import Request
from cloudportal.doors.api.rows import Ref, Row, column, ref
from cloudportal.doors.api.views import ResourceViewSet, changes, creates, on_object, operation, removes
from cloudportal.doors.ordering import BY_NAME
from tenants import selectors
from tenants.filters import GroupFilterSet
from tenants.models import Group
from tenants.services import groups


class GroupRow(Row):
    """Several users who are granted something together."""

    id: UUID = column("uuid")
    name: str = column()
    description: str = column()
    domain: Ref = ref(help="Its members belong to it, or to one below it.")
    created_at: dt.datetime = column()


class UpdateGroup(Body):
    name = text(64)
    description = text(255, required=False)


class CreateGroup(UpdateGroup):
    domain = Reference(selectors.domains)


class Member(Body):
    user = Reference(selectors.users)


class GroupViewSet(ResourceViewSet[Group]):
    selector = selectors.groups
    filterset_class = GroupFilterSet
    sorting = BY_NAME
    row = GroupRow

    @accepts(CreateGroup)
    @creates
    def create(self, request: Request, data: dict[str, Any]) -> Group:
        """Make an empty group of a domain."""
        return groups.create_group(request.actor, **data)

    @on_object
    @accepts(UpdateGroup, partial=True)
    @changes
    def partial_update(self, request: Request, group: Group, data: dict[str, Any]) -> Group:
        """Change name or description."""
        return groups.update_group(request.actor, group=group, **data)

    @operation
    @on_object
    @accepts(Member)
    @changes
    def add_member(self, request: Request, group: Group, data: dict[str, Any]) -> Group:
        """Give somebody all that the group has."""
        groups.add_member(request.actor, group=group, **data)
        return group

    @operation
    @on_object
    @accepts(Member)
    @changes
    def remove_member(self, request: Request, group: Group, data: dict[str, Any]) -> Group:
        """Take somebody out of the group."""
        groups.remove_member(request.actor, group=group, **data)
        return group

    @on_object
    @removes
    def destroy(self, request: Request, group: Group) -> None:
        """Delete a group with its grants; its members stay."""
        groups.delete_group(request.actor, group=group)

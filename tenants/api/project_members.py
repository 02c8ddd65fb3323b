"""Members of projects: the roles that people and groups have on them. They come by invitation, or by a grant."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from cloudportal.doors.api.bodies import Body, Reference, accepts
from cloudportal.doors.api.requests import Request
from cloudportal.doors.api.rows import Ref, Row, column, ref
from cloudportal.doors.api.views import ResourceViewSet, changes, on_object, removes
from cloudportal.doors.ordering import NEWEST_FIRST
from tenants import selectors
from tenants.filters import ProjectMemberFilterSet
from tenants.models import Grant
from tenants.services import project_members


class ProjectMemberRow(Row):
    """A user or a group with a role on a project. Its id is the grant's."""

    id: UUID = column("uuid")
    project: Ref = ref("account")
    user: Ref | None = ref(name="username")
    group: Ref | None = ref()
    role: Ref = ref()
    created_at: dt.datetime = column()


class ChangeMember(Body):
    role = Reference(selectors.roles)


class ProjectMemberViewSet(ResourceViewSet[Grant]):
    selector = selectors.project_members
    filterset_class = ProjectMemberFilterSet
    sorting = NEWEST_FIRST
    row = ProjectMemberRow

    @on_object
    @accepts(ChangeMember, partial=True)
    @changes
    def partial_update(self, request: Request, member: Grant, data: dict[str, Any]) -> Grant:
        """Give another role in place of this one."""
        return project_members.change_member_role(request.actor, member=member, **data)

    @on_object
    @removes
    def destroy(self, request: Request, member: Grant) -> None:
        """Take somebody out of the project, at once."""
        project_members.remove_member(request.actor, member=member)

"""Projects. Their members and invitations have lists of their own, with ``?project=``."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from cloudportal.doors.api.bodies import Body, Owner, accepts
from cloudportal.doors.api.fields import text
from cloudportal.doors.api.requests import Request
from cloudportal.doors.api.rows import Ref, Row, column, computed, ref
from cloudportal.doors.api.tagging import TaggedViewSet, tags_field
from cloudportal.doors.api.views import asks, changes, creates, on_object, operation, removes, starts_job
from cloudportal.doors.ordering import Sorting
from cloudportal.jobs.models import Job
from tenants import selectors
from tenants.api.confirmation import CONFIRM, confirmation
from tenants.filters import ProjectFilterSet
from tenants.models import Project
from tenants.services import project_members, projects
from tenants.states import PROJECT, PROJECT_STATES


class ProjectRow(Row):
    """What several users work on together. Its id is taken wherever the id of an account is."""

    id: UUID = column("uuid")
    name: str = column("account__name")
    description: str = column()
    owner: Ref = ref(help="The account that it belongs to, and whose limit of projects it counts against.")
    domain: Ref = ref("account__domain")
    state: str = computed(PROJECT_STATES.__getitem__, "account__state", choices=PROJECT.states)
    allowed: list[str] = computed(
        lambda state: PROJECT.allowed(PROJECT_STATES[state]),
        "account__state",
        help="What its state allows to be done with it.",
    )
    tags: dict[str, str] = column(help="Key and value, as people wrote them.")
    created_at: dt.datetime = column()


class UpdateProject(Body):
    name = text(64)
    description = text(255, required=False)


class CreateProject(UpdateProject):
    owner = Owner("projects.view", help_text="The account that it belongs to; your own when left out.")
    tags = tags_field()


class ProjectViewSet(TaggedViewSet[Project]):
    selector = selectors.projects
    filterset_class = ProjectFilterSet
    sorting = Sorting("name", name="account__name", created_at="pk")
    row = ProjectRow
    made = 0

    def rows(self, request: Request) -> QuerySet[Project]:
        """Also the one that this request made: what its actor reaches was read before."""
        rows = super().rows(request)
        return rows | Project.objects.filter(pk=self.made) if self.made else rows

    @accepts(CreateProject)
    @creates
    def create(self, request: Request, data: dict[str, Any]) -> Project:
        """Make a project; who manages the owner's projects needs no invitation."""
        project = projects.create_project(request.actor, **data)
        self.made = project.pk
        return project

    @on_object
    @accepts(UpdateProject, partial=True)
    @changes
    def partial_update(self, request: Request, project: Project, data: dict[str, Any]) -> Project:
        """Change name or description."""
        return projects.update_project(request.actor, project=project, **data)

    @operation
    @on_object
    @starts_job
    def suspend(self, request: Request, project: Project) -> Job:
        """Let nothing of it be created or changed, and stop what runs. Its members still see it."""
        return projects.suspend_project(request.actor, project=project)

    @operation
    @on_object
    @changes
    def activate(self, request: Request, project: Project) -> Project:
        """End a suspension; what was stopped stays stopped."""
        return projects.activate_project(request.actor, project=project)

    @operation
    @on_object
    @removes
    def leave(self, request: Request, project: Project) -> None:
        """Give up one's own roles on it."""
        project_members.leave_project(request.actor, project=project)

    @on_object
    @asks(CONFIRM)
    @starts_job
    def destroy(self, request: Request, project: Project) -> Job:
        """Delete a project: an empty one, or with everything in it when its name is given as `confirm`."""
        return projects.delete_project(request.actor, project=project, confirm=confirmation(request))

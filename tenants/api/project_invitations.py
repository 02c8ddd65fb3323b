"""Invitations into projects: those that one sent, and those that one got."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from cloudportal.doors.api.bodies import Body, Reference, accepts
from cloudportal.doors.api.fields import text
from cloudportal.doors.api.requests import Request
from cloudportal.doors.api.rows import Ref, Row, column, ref
from cloudportal.doors.api.views import ResourceViewSet, changes, creates, on_object, operation
from cloudportal.doors.links import link_to
from cloudportal.doors.ordering import NEWEST_FIRST
from tenants import selectors
from tenants.filters import ProjectInvitationFilterSet
from tenants.models import ProjectInvitation
from tenants.services import project_invitations
from tenants.states import INVITATION


class ProjectInvitationRow(Row):
    """Somebody is asked by mail to join a project. After `expires_at` it can't be answered."""

    id: UUID = column("uuid")
    project: Ref = ref("project__account")
    email: str = column()
    role: Ref = ref()
    state: str = column(choices=INVITATION.states)
    invited_by: Ref | None = ref(name="username")
    expires_at: dt.datetime = column()
    created_at: dt.datetime = column()


class Invite(Body):
    project = Reference(selectors.projects)
    email = text(254)
    role = Reference(selectors.roles, required=False, help_text="Project member, when left out.")


class Answer(Body):
    token = text(
        64, required=False, help="The end of the mail's link; users of the account that owns the project need none."
    )


class ProjectInvitationViewSet(ResourceViewSet[ProjectInvitation]):
    selector = selectors.project_invitations
    filterset_class = ProjectInvitationFilterSet
    sorting = NEWEST_FIRST
    row = ProjectInvitationRow

    @accepts(Invite)
    @creates
    def create(self, request: Request, data: dict[str, Any]) -> ProjectInvitation:
        """Invite whoever has an e-mail address. The answer is the same whether or not a user has it."""
        link = link_to(request._request, "tenants:invitation")
        return project_invitations.invite_to_project(request.actor, link_to=link, **data)

    @operation
    @on_object
    @changes
    def resend(self, request: Request, invitation: ProjectInvitation) -> ProjectInvitation:
        """Send it again, with another link and another end."""
        link = link_to(request._request, "tenants:invitation")
        return project_invitations.resend_invitation(request.actor, invitation=invitation, link_to=link)

    @operation
    @on_object
    @changes
    def revoke(self, request: Request, invitation: ProjectInvitation) -> ProjectInvitation:
        """Take it back."""
        return project_invitations.revoke_invitation(request.actor, invitation=invitation)

    @operation
    @on_object
    @accepts(Answer)
    @changes
    def accept(self, request: Request, invitation: ProjectInvitation, data: dict[str, Any]) -> ProjectInvitation:
        """Join the project."""
        return project_invitations.accept_invitation(request.actor, invitation=invitation, **data)

    @operation
    @on_object
    @accepts(Answer)
    @changes
    def decline(self, request: Request, invitation: ProjectInvitation, data: dict[str, Any]) -> ProjectInvitation:
        """Say no."""
        return project_invitations.decline_invitation(request.actor, invitation=invitation, **data)

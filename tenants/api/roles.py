"""Roles, and the permissions that they are made of."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.response import Response

from cloudportal.doors.api.bodies import Body, Reference, accepts
from cloudportal.doors.api.fields import text
from cloudportal.doors.api.requests import Request
from cloudportal.doors.api.row_schema import PageOf
from cloudportal.doors.api.rows import Ref, Row, column, computed, ref
from cloudportal.doors.api.views import (
    Endpoint,
    ResourceViewSet,
    answers,
    asks,
    changes,
    creates,
    on_object,
    operation,
    removes,
)
from cloudportal.doors.ordering import BY_NAME
from tenants import selectors
from tenants.filters import RoleFilterSet
from tenants.models import Role
from tenants.permissions import OF_THE_CLOUD, PERMISSIONS, area_of
from tenants.services import roles

FORCE = OpenApiParameter("force", bool, description="Also when it is granted: whoever has it loses it.")


class RoleRow(Row):
    """A named set of permissions."""

    id: UUID = column("uuid")
    name: str = column()
    description: str = column()
    code: str | None = column(help="The name of a built-in role for scripts; null for a custom one.")
    is_built_in: bool = computed(lambda code: code is not None, "code")
    domain: Ref | None = ref(help="Where it may be granted, and below; null for everywhere.")
    permissions: list[str] = column()
    created_at: dt.datetime = column()


class PermissionRow(Row):
    """One field of the matrix that roles are made of."""

    name: str = column()
    area: str = column()
    action: str = column()
    description: str = column()
    of_the_cloud: bool = column(help="It means something on the root domain alone.")


def _permissions(*, required: bool = True) -> Any:
    return serializers.ListField(
        child=serializers.CharField(max_length=64), max_length=200, required=required,
        help_text="Names of permissions, as `permissions/` lists them.",
    )  # fmt: skip


class UpdateRole(Body):
    name = text(64)
    description = text(255, required=False)
    permissions = _permissions()


class CreateRole(UpdateRole):
    domain = Reference(selectors.domains)


class CloneRole(Body):
    domain = Reference(selectors.domains)
    name = text(64)
    description = text(255, required=False, help="That of the original when left out.")


class RoleViewSet(ResourceViewSet[Role]):
    selector = selectors.roles
    filterset_class = RoleFilterSet
    sorting = BY_NAME
    row = RoleRow

    @accepts(CreateRole)
    @creates
    def create(self, request: Request, data: dict[str, Any]) -> Role:
        """Make a role of a domain, within what you have there."""
        return roles.create_role(request.actor, **data)

    @on_object
    @accepts(UpdateRole, partial=True)
    @changes
    def partial_update(self, request: Request, role: Role, data: dict[str, Any]) -> Role:
        """Change name, description or permissions; it counts at once for whoever has the role."""
        return roles.update_role(request.actor, role=role, **data)

    @operation
    @on_object
    @accepts(CloneRole)
    @creates
    def clone(self, request: Request, role: Role, data: dict[str, Any]) -> Role:
        """Make a role of one's own with what this one contains."""
        return roles.clone_role(request.actor, role=role, **data)

    @on_object
    @asks(FORCE)
    @removes
    def destroy(self, request: Request, role: Role) -> None:
        """Delete a custom role; one that is granted only with `force`."""
        force = request.query_params.get("force", "").lower() in ("1", "true")
        roles.delete_role(request.actor, role=role, force=force)


class PermissionViewSet(Endpoint):
    @answers(PageOf.of(PermissionRow))
    def list(self, request: Request) -> Response:
        """List all permissions: the matrix of area and action."""
        rows = [
            {
                "name": name,
                "area": area_of(name),
                "action": name.partition(".")[2],
                "description": words,
                "of_the_cloud": name in OF_THE_CLOUD,
            }
            for name, words in PERMISSIONS.items()
        ]
        return Response({"results": rows, "next": None, "previous": None})

"""How the users of a domain sign in."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from rest_framework import serializers

from cloudportal.doors.api.bodies import Body, accepts
from cloudportal.doors.api.fields import flag
from cloudportal.doors.api.requests import Request
from cloudportal.doors.api.rows import Row, column
from cloudportal.doors.api.views import ResourceViewSet, changes, on_object
from cloudportal.doors.ordering import BY_NAME
from tenants import selectors
from tenants.filters import DomainFilterSet
from tenants.models import Domain
from tenants.models.sign_in_policy import LONGEST, SHORTEST
from tenants.services.sign_in_policies import change_sign_in_policy

ALIAS = "The last part of the domain's own sign-in address, `/sign-in/at/{alias}/`."


class SignInPolicyRow(Row):
    """What a domain asks of its users, and of those of all domains below it."""

    id: UUID = column("uuid", help="The id of the domain.")
    name: str = column(help="The name of the domain.")
    mfa_required: bool = column(help="Whether everybody signs in with a second factor.")
    password_min_length: int | None = column("sign_in_policy__password_min_length", help="Null: the portal's own.")
    alias: str | None = column("sign_in_policy__alias", help=ALIAS)


class UpdateSignInPolicy(Body):
    mfa_required = flag()
    password_min_length = serializers.IntegerField(
        required=False, allow_null=True, min_value=SHORTEST, max_value=LONGEST
    )
    alias = serializers.CharField(required=False, allow_null=True, allow_blank=True, max_length=40, help_text=ALIAS)


class SignInPolicyViewSet(ResourceViewSet[Domain]):
    selector = selectors.domains
    filterset_class = DomainFilterSet
    sorting = BY_NAME
    row = SignInPolicyRow

    @on_object
    @accepts(UpdateSignInPolicy, partial=True)
    @changes
    def partial_update(self, request: Request, domain: Domain, data: dict[str, Any]) -> Domain:
        """Change how the users of a domain sign in."""
        change_sign_in_policy(request.actor, domain=domain, **data)
        return domain

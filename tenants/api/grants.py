"""Grants: who has which role on what."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from cloudportal.core.errors import InvalidInput
from cloudportal.doors.api.bodies import Body, Reference, accepts
from cloudportal.doors.api.requests import Request
from cloudportal.doors.api.rows import Ref, Row, column, ref
from cloudportal.doors.api.views import ResourceViewSet, creates, on_object, removes
from cloudportal.doors.ordering import NEWEST_FIRST
from tenants import selectors
from tenants.filters import GrantFilterSet
from tenants.models import Grant
from tenants.services import grants


class GrantRow(Row):
    """A role that a user or a group has on a domain, with everything below it, or on an account."""

    id: UUID = column("uuid")
    role: Ref = ref()
    user: Ref | None = ref(name="username")
    group: Ref | None = ref()
    domain: Ref | None = ref()
    account: Ref | None = ref()
    created_at: dt.datetime = column()


class CreateGrant(Body):
    role = Reference(selectors.roles)
    user = Reference(selectors.users, required=False, help_text="Who gets it; or a group.")
    group = Reference(selectors.groups, required=False)
    domain = Reference(selectors.domains, required=False, help_text="On what; or an account.")
    account = Reference(selectors.accounts, required=False)


class GrantViewSet(ResourceViewSet[Grant]):
    selector = selectors.grants
    filterset_class = GrantFilterSet
    sorting = NEWEST_FIRST
    row = GrantRow

    @accepts(CreateGrant)
    @creates
    def create(self, request: Request, data: dict[str, Any]) -> Grant:
        """Grant a role, within what you have there. Granting again changes nothing."""
        domain, account = data.pop("domain", None), data.pop("account", None)
        if (domain is None) == (account is None):
            raise InvalidInput({"domain": "A role is granted on one domain, or on one account."})
        return grants.grant_role(request.actor, on=domain or account, **data)

    @on_object
    @removes
    def destroy(self, request: Request, grant: Grant) -> None:
        """Revoke a role; whoever had it loses it at once."""
        grants.revoke_grant(request.actor, grant=grant)

"""Accounts."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from cloudportal.doors.api.bodies import Body, Reference, accepts
from cloudportal.doors.api.fields import text
from cloudportal.doors.api.requests import Request
from cloudportal.doors.api.rows import Ref, Row, column, ref
from cloudportal.doors.api.views import ResourceViewSet, creates
from cloudportal.doors.ordering import BY_NAME
from tenants import selectors
from tenants.filters import AccountFilterSet
from tenants.models import Account
from tenants.services import accounts


class AccountRow(Row):
    """The owner of resources; its users share them."""

    id: UUID = column("uuid")
    name: str = column()
    domain: Ref = ref()
    created_at: dt.datetime = column()


class CreateAccount(Body):
    domain = Reference(selectors.domains)
    name = text(64)


class AccountViewSet(ResourceViewSet[Account]):
    selector = selectors.accounts
    filterset_class = AccountFilterSet
    sorting = BY_NAME
    row = AccountRow

    @accepts(CreateAccount)
    @creates
    def create(self, request: Request, data: dict[str, Any]) -> Account:
        """Add an account to a domain."""
        return accounts.create_account(request.actor, **data)

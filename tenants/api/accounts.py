"""Accounts."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from cloudportal.doors.api.bodies import Body, Reference, accepts
from cloudportal.doors.api.fields import text
from cloudportal.doors.api.requests import Request
from cloudportal.doors.api.rows import Ref, Row, column, computed, ref
from cloudportal.doors.api.views import ResourceViewSet, asks, changes, creates, on_object, operation, starts_job
from cloudportal.doors.ordering import BY_NAME
from cloudportal.jobs.models import Job
from tenants import selectors
from tenants.api.confirmation import CONFIRM, confirmation
from tenants.filters import AccountFilterSet
from tenants.models import Account
from tenants.services import accounts
from tenants.states import ACCOUNT


class AccountRow(Row):
    """The owner of resources; its users share them."""

    id: UUID = column("uuid")
    name: str = column()
    domain: Ref = ref()
    owner: Ref | None = ref("project__owner", help="Of a project: the account that it belongs to.")
    state: str = column(choices=ACCOUNT.states)
    allowed: list[str] = computed(ACCOUNT.allowed, "state", help="What its state allows to be done with it.")
    created_at: dt.datetime = column()


class CreateAccount(Body):
    domain = Reference(selectors.domains)
    name = text(64)


class RenameAccount(Body):
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

    @on_object
    @accepts(RenameAccount, partial=True)
    @changes
    def partial_update(self, request: Request, account: Account, data: dict[str, Any]) -> Account:
        """Give an account another name."""
        return accounts.rename_account(request.actor, account=account, **data)

    @operation
    @on_object
    @changes
    def enable(self, request: Request, account: Account) -> Account:
        """Let it do everything again; what was stopped stays stopped."""
        return accounts.enable_account(request.actor, account=account)

    @operation
    @on_object
    @changes
    def lock(self, request: Request, account: Account) -> Account:
        """Keep it from creating and changing; what runs keeps running, and can be stopped and deleted."""
        return accounts.lock_account(request.actor, account=account)

    @operation
    @on_object
    @starts_job
    def disable(self, request: Request, account: Account) -> Job:
        """Keep its users out at once, and stop what runs."""
        return accounts.disable_account(request.actor, account=account)

    @on_object
    @asks(CONFIRM)
    @starts_job
    def destroy(self, request: Request, account: Account) -> Job:
        """Delete an account: an empty one, or with everything in it when its name is given as `confirm`."""
        return accounts.delete_account(request.actor, account=account, confirm=confirmation(request))

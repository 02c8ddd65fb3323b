"""Users."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from cloudportal.doors.api.bodies import Body, Reference, accepts
from cloudportal.doors.api.fields import text
from cloudportal.doors.api.requests import Request
from cloudportal.doors.api.rows import Ref, Row, column, ref
from cloudportal.doors.api.views import ResourceViewSet, changes, creates, on_object, operation
from cloudportal.doors.ordering import Sorting
from tenants import selectors
from tenants.filters import UserFilterSet
from tenants.models import User
from tenants.services import accounts, lockouts, second_factors, sessions


class UserRow(Row):
    """Who signs in."""

    id: UUID = column("uuid")
    username: str = column()
    email: str = column()
    account: Ref = ref()
    is_active: bool = column()
    created_at: dt.datetime = column("date_joined")
    last_login: dt.datetime | None = column()


class CreateUser(Body):
    account = Reference(selectors.accounts)
    username = text(150)
    password = text(128)
    email = text(254, required=False)


class UserViewSet(ResourceViewSet[User]):
    selector = selectors.users
    filterset_class = UserFilterSet
    sorting = Sorting("username", username="username", created_at="pk")
    row = UserRow

    @accepts(CreateUser)
    @creates
    def create(self, request: Request, data: dict[str, Any]) -> User:
        """Add somebody who can sign in; they may do nothing until a role is granted."""
        return accounts.create_user(request.actor, **data)

    @operation
    @on_object
    @changes
    def unlock(self, request: Request, user: User) -> User:
        """Let somebody who failed too often try to sign in again at once."""
        lockouts.unlock_user(request.actor, user=user)
        return user

    @operation
    @on_object
    @changes
    def sign_out(self, request: Request, user: User) -> User:
        """End all sessions of a user's browsers. API keys go on working."""
        sessions.end_sessions(request.actor, user=user)
        return user

    @operation
    @on_object
    @changes
    def reset_factors(self, request: Request, user: User) -> User:
        """Remove the second factors of somebody who lost them, and sign them out everywhere."""
        second_factors.reset_factors(request.actor, user=user)
        return user

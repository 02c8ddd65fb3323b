"""Users."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from cloudportal.doors.api.bodies import Body, Reference, accepts
from cloudportal.doors.api.fields import text
from cloudportal.doors.api.requests import Request
from cloudportal.doors.api.rows import Ref, Row, column, ref
from cloudportal.doors.api.views import ResourceViewSet, changes, creates, on_object, operation, removes
from cloudportal.doors.ordering import Sorting
from tenants import selectors
from tenants.filters import UserFilterSet
from tenants.models import User
from tenants.services import lockouts, second_factors, sessions, users


class UserRow(Row):
    """Who signs in."""

    id: UUID = column("uuid")
    username: str = column()
    email: str = column()
    first_name: str = column()
    last_name: str = column()
    account: Ref = ref()
    is_active: bool = column()
    created_at: dt.datetime = column("date_joined")
    last_login: dt.datetime | None = column()


class UpdateUser(Body):
    username = text(150)
    email = text(254, required=False)
    first_name = text(150, required=False)
    last_name = text(150, required=False)


class CreateUser(UpdateUser):
    account = Reference(selectors.accounts)
    password = text(128)


class SetPassword(Body):
    password = text(128)


class UserViewSet(ResourceViewSet[User]):
    selector = selectors.users
    filterset_class = UserFilterSet
    sorting = Sorting("username", username="username", created_at="pk")
    row = UserRow

    @accepts(CreateUser)
    @creates
    def create(self, request: Request, data: dict[str, Any]) -> User:
        """Add somebody who can sign in; they may do nothing until a role is granted."""
        return users.create_user(request.actor, **data)

    @on_object
    @accepts(UpdateUser, partial=True)
    @changes
    def partial_update(self, request: Request, user: User, data: dict[str, Any]) -> User:
        """Change names and e-mail address."""
        return users.update_user(request.actor, user=user, **data)

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

    @operation
    @on_object
    @changes
    def enable(self, request: Request, user: User) -> User:
        """Let somebody sign in again."""
        return users.enable_user(request.actor, user=user)

    @operation
    @on_object
    @changes
    def disable(self, request: Request, user: User) -> User:
        """Keep somebody out: sessions end, keys are refused."""
        return users.disable_user(request.actor, user=user)

    @operation
    @on_object
    @accepts(SetPassword)
    @changes
    def set_password(self, request: Request, user: User, data: dict[str, Any]) -> User:
        """Give somebody another password; all their sessions end."""
        return users.set_password(request.actor, user=user, **data)

    @on_object
    @removes
    def destroy(self, request: Request, user: User) -> None:
        """Remove somebody with their grants and keys."""
        users.delete_user(request.actor, user=user)

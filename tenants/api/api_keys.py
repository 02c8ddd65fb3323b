"""Keys for scripts: one's own."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from rest_framework.response import Response

from cloudportal.doors.api.bodies import Body, accepts
from cloudportal.doors.api.fields import text
from cloudportal.doors.api.requests import Request
from cloudportal.doors.api.rows import Row, column
from cloudportal.doors.api.views import ResourceViewSet, answers, on_object, removes
from cloudportal.doors.ordering import NAMED_NEWEST_FIRST
from tenants import selectors
from tenants.filters import ApiKeyFilterSet
from tenants.models import ApiKey
from tenants.services import api_keys


class ApiKeyRow(Row):
    """A secret that acts as its user."""

    id: UUID = column("uuid")
    name: str = column()
    key_id: str = column(help="The part of the key that is no secret.")
    created_at: dt.datetime = column()
    last_used_at: dt.datetime | None = column()


class NewApiKeyRow(ApiKeyRow):
    """A new key, with its text."""

    key: str = column("key_id", help="The key. It is shown this once and never again.")


class CreateApiKey(Body):
    name = text(64)


class ApiKeyViewSet(ResourceViewSet[ApiKey]):
    selector = selectors.api_keys
    filterset_class = ApiKeyFilterSet
    sorting = NAMED_NEWEST_FIRST
    row = ApiKeyRow

    @answers(NewApiKeyRow, 201)
    @accepts(CreateApiKey)
    def create(self, request: Request, data: dict[str, Any]) -> Response:
        """Make a key for yourself."""
        key, secret = api_keys.create_api_key(request.actor, user=request.user, **data)
        return Response({**self.shown(request, key.uuid), "key": secret}, status=201)

    @on_object
    @removes
    def destroy(self, request: Request, key: ApiKey) -> None:
        """Make a key useless from now on."""
        api_keys.delete_api_key(request.actor, key=key)

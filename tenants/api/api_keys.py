"""Keys for scripts: one's own, and those of the users that one manages."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import orjson
from django.db.models import F, Func, TextField
from rest_framework.response import Response

from cloudportal.doors.api.bodies import Body, References, accepts
from cloudportal.doors.api.fields import flag, moment, number, text, texts
from cloudportal.doors.api.requests import Request
from cloudportal.doors.api.rows import Ref, Row, column, computed, ref
from cloudportal.doors.api.views import ResourceViewSet, answers, changes, on_object, operation, removes
from cloudportal.doors.ordering import NAMED_NEWEST_FIRST
from tenants import selectors
from tenants.filters import ApiKeyFilterSet
from tenants.models import ApiKey
from tenants.models.api_key import KEY_STATES, STATE
from tenants.services import api_keys
from tenants.services.api_keys import DEFAULT_GRACE, LONGEST_GRACE

HOUR = dt.timedelta(hours=1)


def _places(field: str, table: str) -> Any:
    """The places that a key is narrowed to, as one list of JSON."""
    rows = f"SELECT json_agg(json_build_object('id', p.uuid, 'name', p.name) ORDER BY p.name) FROM {table} p"  # noqa: S608 - names of ours
    template = f"(SELECT coalesce(({rows} WHERE p.id = ANY (%(expressions)s)), '[]')::text)"
    return computed(orjson.loads, Func(F(field), template=template, output_field=TextField()))


class ApiKeyRow(Row):
    """A secret that acts as its user, or as less."""

    id: UUID = column("uuid")
    name: str = column()
    key_id: str = column(help="The part of the key that is no secret.")
    user: Ref = ref("user", "username")
    state: str = column(STATE, choices=KEY_STATES, help="It is expiring two weeks before its end.")
    is_enabled: bool = column()
    signs: bool = column(help="Whether its secret is kept, encrypted, for protocols that sign with it.")
    expires_at: dt.datetime | None = column()
    networks: list[str] = column(help="Where it may be used from; anywhere when there is none.")
    permissions: list[str] = column(help="All of its user's that it has; every one when there is none.")
    accounts: list[Ref] = _places("account_ids", "tenants_account")
    domains: list[Ref] = _places("domain_ids", "tenants_domain")
    is_narrowed_to_places: bool = computed(lambda *ids: any(ids), "account_ids", "domain_ids")
    created_at: dt.datetime = column()
    last_used_at: dt.datetime | None = column()
    last_used_address: str | None = column()
    previous_until: dt.datetime | None = column(help="Until then the secret before the rotation is taken as well.")
    previous_used_at: dt.datetime | None = column(help="When the secret before the rotation was last used.")
    refused_at: dt.datetime | None = column(help="When it was last refused because of where it came from.")
    refused_address: str | None = column()


class NewApiKeyRow(ApiKeyRow):
    """A key with its text."""

    key: str = column("key_id", help="The key. It is shown this once and never again.")


class UpdateApiKey(Body):
    name = text(64)
    expires_at = moment(help="When it ends; null is never.")
    networks = texts(43, help="Where it may be used from, as CIDR; anywhere when empty.")
    permissions = texts(64, help="All of yours that it has; every one when empty.")
    accounts = References(selectors.reached_accounts, required=False, help_text="Where it acts, with `domains`.")
    domains = References(selectors.reached_domains, required=False, help_text="It acts below them as well.")


class CreateApiKey(UpdateApiKey):
    signs = flag("Keep the secret, encrypted, for protocols that sign with it: EC2, S3 and CloudStack.")


class RotateApiKey(Body):
    grace_hours = number(
        required=False, help=f"So long the old secret is taken; {DEFAULT_GRACE // HOUR} by default, 0 ends it at once."
    )


class ApiKeyViewSet(ResourceViewSet[ApiKey]):
    selector = selectors.api_keys
    filterset_class = ApiKeyFilterSet
    sorting = NAMED_NEWEST_FIRST
    row = ApiKeyRow

    def list(self, request: Request) -> Response:
        """One page of your keys, and of those of the users that you manage."""
        response = super().list(request)
        _hide_foreign_places(request, response.data["results"])
        return response

    def shown(self, request: Request, uuid: Any) -> dict[str, Any]:
        found = super().shown(request, uuid)
        _hide_foreign_places(request, [found])
        return found

    @answers(NewApiKeyRow, 201)
    @accepts(CreateApiKey)
    def create(self, request: Request, data: dict[str, Any]) -> Response:
        """Make a key for yourself."""
        key, secret = api_keys.create_api_key(request.actor, user=request.user, **data)
        return Response({**self.shown(request, key.uuid), "key": secret}, status=201)

    @on_object
    @accepts(UpdateApiKey, partial=True)
    @changes
    def partial_update(self, request: Request, key: ApiKey, data: dict[str, Any]) -> ApiKey:
        """Change what a key of yours is called and what it may do."""
        return api_keys.update_api_key(request.actor, key=key, **data)

    @operation
    @on_object
    @answers(NewApiKeyRow)
    @accepts(RotateApiKey)
    def rotate(self, request: Request, key: ApiKey, data: dict[str, Any]) -> Response:
        """Give a key of yours another secret; the old one is taken for some time yet."""
        hours = min(data.get("grace_hours", DEFAULT_GRACE // HOUR), LONGEST_GRACE // HOUR + 1)
        key, secret = api_keys.rotate_api_key(request.actor, key=key, grace=hours * HOUR)
        return Response({**self.shown(request, key.uuid), "key": secret})

    @operation
    @on_object
    @changes
    def enable(self, request: Request, key: ApiKey) -> ApiKey:
        """Let a key of yours be used again."""
        return api_keys.enable_api_key(request.actor, key=key)

    @operation
    @on_object
    @changes
    def disable(self, request: Request, key: ApiKey) -> ApiKey:
        """Refuse a key until it is enabled."""
        return api_keys.disable_api_key(request.actor, key=key)

    @on_object
    @removes
    def destroy(self, request: Request, key: ApiKey) -> None:
        """Make a key useless from now on."""
        api_keys.delete_api_key(request.actor, key=key)


def _hide_foreign_places(request: Request, rows: list[dict[str, Any]]) -> None:
    """A key may be narrowed to a place that is nothing to who manages its user."""
    for field, selector in (("accounts", selectors.reached_accounts), ("domains", selectors.reached_domains)):
        named = {place["id"] for row in rows for place in row.get(field, ())}
        if not named:
            continue
        known = {str(uuid) for uuid in selector(request.actor).filter(uuid__in=named).values_list("uuid", flat=True)}
        for row in rows:
            row[field] = [place for place in row.get(field, ()) if place["id"] in known]

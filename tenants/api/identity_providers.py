"""Where the users of a domain may sign in instead of here."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from rest_framework import serializers

from cloudportal.doors.api.bodies import Body, Reference, accepts
from cloudportal.doors.api.fields import flag, secret, text
from cloudportal.doors.api.requests import Request
from cloudportal.doors.api.rows import Ref, Row, column, ref
from cloudportal.doors.api.views import ResourceViewSet, changes, creates, on_object, removes
from cloudportal.doors.ordering import NAMED_NEWEST_FIRST
from tenants import selectors
from tenants.filters import IdentityProviderFilterSet
from tenants.models import IdentityProvider
from tenants.services import identity_providers as services
from tenants.services.provider_roles import ROLES

JOINS = "The account that new users join; without one only users whose address is known are let in."
PROMISES = "Domains of e-mail addresses that lead here from the sign-in page. For operators to set."


class IdentityProviderRow(Row):
    """An OpenID Connect provider, trusted for the users of its domain and of those below it."""

    id: UUID = column("uuid")
    name: str = column()
    domain: Ref = ref()
    issuer: str = column()
    client_id: str = column()
    account: Ref | None = ref(help=JOINS)
    trusts_emails: bool = column(help="Whether addresses count as checked that no token calls so.")
    groups_claim: str = column(help="The claim that names the groups of a user.")
    role_mapping: list[dict[str, str]] = column(help="Which role a group gives, on the account or on the domain.")
    email_domains: list[str] = column(help=PROMISES)
    is_enabled: bool = column()
    created_at: dt.datetime = column()


class Mapping(Body):
    group = text(255)
    role = serializers.ChoiceField(choices=list(ROLES))
    on = serializers.ChoiceField(choices=["account", "domain"])


class UpdateIdentityProvider(Body):
    name = text(64, required=False)
    issuer = text(255, required=False)
    client_id = text(255, required=False)
    client_secret = secret()
    account = Reference(selectors.accounts, required=False, allow_null=True, help_text=JOINS)
    trusts_emails = flag()
    groups_claim = text(64, required=False)
    role_mapping = Mapping(many=True, required=False)
    email_domains = serializers.ListField(child=text(253), required=False, max_length=50, help_text=PROMISES)
    is_enabled = flag()


class CreateIdentityProvider(UpdateIdentityProvider):
    domain = Reference(selectors.domains)
    name = text(64)
    issuer = text(255, help="Its URL, as its discovery document names it.")
    client_id = text(255)


class IdentityProviderViewSet(ResourceViewSet[IdentityProvider]):
    selector = selectors.identity_providers
    filterset_class = IdentityProviderFilterSet
    sorting = NAMED_NEWEST_FIRST
    row = IdentityProviderRow

    @accepts(CreateIdentityProvider)
    @creates
    def create(self, request: Request, data: dict[str, Any]) -> IdentityProvider:
        """Trust a provider for the users of a domain."""
        return services.create_identity_provider(request.actor, **data)

    @on_object
    @accepts(UpdateIdentityProvider, partial=True)
    @changes
    def partial_update(self, request: Request, provider: IdentityProvider, data: dict[str, Any]) -> IdentityProvider:
        """Change a provider."""
        return services.update_identity_provider(request.actor, provider=provider, **data)

    @on_object
    @removes
    def destroy(self, request: Request, provider: IdentityProvider) -> None:
        """Trust a provider no longer."""
        services.delete_identity_provider(request.actor, provider=provider)

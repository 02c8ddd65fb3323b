"""Where the users of a domain may sign in instead of here."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.response import Response

from cloudportal.doors.api.bodies import Body, Reference, accepts
from cloudportal.doors.api.fields import flag, secret, text, texts
from cloudportal.doors.api.requests import Request
from cloudportal.doors.api.rows import Ref, Row, column, ref
from cloudportal.doors.api.views import ResourceViewSet, answers, changes, creates, on_object, operation, removes
from cloudportal.doors.ordering import NAMED_NEWEST_FIRST
from tenants import selectors
from tenants.filters import IdentityProviderFilterSet
from tenants.models import IdentityProvider
from tenants.models.identity_provider import Kind
from tenants.services import identity_providers as services
from tenants.services.directories import try_directory
from tenants.services.provider_kinds import MOST_SERVERS
from tenants.services.provider_roles import ROLES

JOINS = "The account that new users join; without one only users whose address is known are let in."
PROMISES = "Domains of e-mail addresses that lead here from the sign-in page. For operators to set."


KIND = "What it is; each kind has fields of its own, and refuses those of the others."
ISSUER = "OpenID Connect: its URL, as its discovery document names it. SAML: its entity id."
CLIENT = "OpenID Connect: what the provider calls the portal."
SSO = "SAML: where browsers are led to, by the HTTP-Redirect binding."
CERTIFICATES = (
    "PEM. SAML: those that sign, two while they change. LDAP: who vouches for the servers; empty: the system's."
)
ATTRIBUTES = "SAML and LDAP: what the provider calls id, username, email, first_name, last_name and groups."
SERVERS = "LDAP: URLs with ldaps://, or with ldap:// and StartTLS; the first that answers is asked."
BIND = "LDAP: the DN as which the portal searches; empty: nobody."
USERS = "LDAP: the DN below which users are."
USER = "LDAP: which entry is the user's, such as `(uid={name})`."
GROUPS = "LDAP: the DN below which groups are; empty: there are none."
GROUP = "LDAP: which groups are the user's, such as `(member={dn})`."


class IdentityProviderRow(Row):
    """A provider of identities, trusted for the users of its domain and of those below it."""

    id: UUID = column("uuid")
    kind: str = column(choices=Kind.values, help=KIND)
    name: str = column()
    domain: Ref = ref()
    issuer: str = column(help=ISSUER)
    client_id: str = column(help=CLIENT)
    sso_url: str = column(help=SSO)
    certificates: str = column(help=CERTIFICATES)
    servers: list[str] = column(help=SERVERS)
    bind_dn: str = column(help=BIND)
    user_base: str = column(help=USERS)
    user_filter: str = column(help=USER)
    group_base: str = column(help=GROUPS)
    group_filter: str = column(help=GROUP)
    attributes: dict[str, str] = column(help=ATTRIBUTES)
    account: Ref | None = ref(help=JOINS)
    trusts_emails: bool = column(help="Whether addresses count as checked that no token calls so.")
    groups_claim: str = column(help="OpenID Connect: the claim that names the groups of a user.")
    role_mapping: list[dict[str, str]] = column(help="Which role a group gives, on the account or on the domain.")
    email_domains: list[str] = column(help=PROMISES)
    is_enabled: bool = column()
    created_at: dt.datetime = column()


class TrialRow(Row):
    """What came of asking a directory, step by step, up to the first step that fails."""

    is_good: bool = column(help="Whether no step failed.")
    steps: list[dict[str, str]] = column(
        help="Each with `step` (connect, encrypt, bind, search, groups, ask), `result` (good, failed) and `message`."
    )


class Mapping(Body):
    group = text(255)
    role = serializers.ChoiceField(choices=list(ROLES))
    on = serializers.ChoiceField(choices=["account", "domain"])


class UpdateIdentityProvider(Body):
    name = text(64, required=False)
    issuer = text(255, required=False, help=ISSUER)
    client_id = text(255, required=False, help=CLIENT)
    client_secret = secret()
    sso_url = text(500, required=False, help=SSO)
    certificates = text(20_000, required=False, help=CERTIFICATES)
    servers = texts(255, longest=MOST_SERVERS, help=SERVERS)
    bind_dn = text(255, required=False, help=BIND)
    bind_password = secret()
    user_base = text(255, required=False, help=USERS)
    user_filter = text(500, required=False, help=USER)
    group_base = text(255, required=False, help=GROUPS)
    group_filter = text(500, required=False, help=GROUP)
    attributes = serializers.DictField(child=text(255), required=False, help_text=ATTRIBUTES)
    account = Reference(selectors.accounts, required=False, allow_null=True, help_text=JOINS)
    trusts_emails = flag()
    groups_claim = text(64, required=False)
    role_mapping = Mapping(many=True, required=False)
    email_domains = serializers.ListField(child=text(253), required=False, max_length=50, help_text=PROMISES)
    is_enabled = flag()


class CreateIdentityProvider(UpdateIdentityProvider):
    kind = serializers.ChoiceField(choices=Kind.choices, default=Kind.OPENID_CONNECT, help_text=KIND)
    domain = Reference(selectors.domains)
    name = text(64)


class TryIdentityProvider(Body):
    username = text(150, required=False, help="Somebody to look for; empty: only connect, sign in and search.")


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

    @operation
    @on_object
    @accepts(TryIdentityProvider)
    @answers(TrialRow)
    def try_(self, request: Request, provider: IdentityProvider, data: dict[str, Any]) -> Response:
        """Ask a directory as a sign-in would, without a password, and tell each step."""
        steps = try_directory(request.actor, provider=provider, **data)
        told = [
            {"step": step.step, "result": "good" if step.is_good else "failed", "message": step.message}
            for step in steps
        ]
        return Response({"is_good": all(step.is_good for step in steps), "steps": told})

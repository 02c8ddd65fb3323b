"""Providers of a domain, kept by those who manage it."""

from __future__ import annotations

import re
from typing import Any

from allauth.socialaccount.models import SocialAccount
from django.db import transaction

from cloudportal.core import events
from cloudportal.core.errors import InvalidInput
from cloudportal.core.writing import insert, update
from tenants.actor import Actor
from tenants.models import Domain, IdentityProvider
from tenants.names import refuse_project
from tenants.services.provider_kinds import check_kind
from tenants.services.provider_roles import check_mapping

SHOWN = (
    "kind", "name", "issuer", "client_id", "trusts_emails", "groups_claim", "role_mapping", "email_domains",
    "is_enabled", "certificates", "attributes", "sso_url", "servers", "bind_dn", "user_base", "user_filter",
    "group_base", "group_filter",
)  # fmt: skip
# An empty one leaves the one that is there.
SECRETS = ("client_secret", "bind_password")
_HOST = re.compile(r"(?=.{4,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")


def create_identity_provider(actor: Actor, *, domain: Domain, **values: Any) -> IdentityProvider:
    """Trust a provider for the users of a domain.

    Raises:
        NotFound, PermissionDenied: the actor does not manage the tenancy of the domain, or maps to a role that it
            could not grant itself.
        InvalidInput: a field is malformed, or is not one of its kind; an address is not encrypted, or is internal.
    """
    actor.require("tenancy.manage", domain)
    provider = IdentityProvider(domain=domain, **values)
    _check(actor, provider, set(values))
    with transaction.atomic():
        insert(provider)
        _record(actor, provider, "create", "created", after=_shown(provider))
    return provider


def update_identity_provider(actor: Actor, *, provider: IdentityProvider, **changes: Any) -> IdentityProvider:
    """Change a provider; an empty secret leaves the one that is there. The same refusals as when it is created.

    Raises:
        InvalidInput: also where a password that is kept would go to servers that did not know it.
    """
    actor.require("tenancy.manage", provider.domain)
    for name in SECRETS:
        if not changes.get(name):
            changes.pop(name, None)
    before, id_before = _shown(provider), provider.names.get("id")
    for name, value in changes.items():
        setattr(provider, name, value)
    _check(actor, provider, set(changes))
    if provider.bind_password and "bind_password" not in changes and set(provider.servers) - set(before["servers"]):
        raise InvalidInput({"bind_password": "Type it again: it would go to servers that do not know it yet."})
    with transaction.atomic():
        if before["issuer"] != provider.issuer or id_before != provider.names.get("id"):
            # Another issuer's subjects are other people, and so may be those of another attribute.
            _forget_links(provider)
        update(provider, **changes)
        _record(actor, provider, "update", "changed", before=before, after=_shown(provider))
    return provider


def delete_identity_provider(actor: Actor, *, provider: IdentityProvider) -> None:
    """Trust a provider no longer. Its users stay, and have no way in until they get a password.

    Raises:
        NotFound, PermissionDenied: the actor does not manage the tenancy of the domain.
    """
    actor.require("tenancy.manage", provider.domain)
    with transaction.atomic():
        _record(actor, provider, "delete", "deleted", before=_shown(provider))
        _forget_links(provider)
        provider.delete()


def _check(actor: Actor, provider: IdentityProvider, changed: set[str]) -> None:
    check_kind(provider, changed)
    if provider.account is not None and not provider.account.domain.path.startswith(provider.domain.path):
        raise InvalidInput({"account": "New users join an account of the provider's own domain."})
    if provider.account is not None:
        refuse_project(provider.account, "account", "Nobody belongs to a project: choose an account.")
    check_mapping(actor, provider)
    if "email_domains" in changed and provider.email_domains:
        actor.require_everywhere("tenancy.manage")
        if not all(isinstance(name, str) and _HOST.fullmatch(name) for name in provider.email_domains):
            raise InvalidInput({"email_domains": "These must be names such as example.org, in small letters."})


def _forget_links(provider: IdentityProvider) -> None:
    SocialAccount.objects.filter(provider=str(provider.uuid)).delete()


def _shown(provider: IdentityProvider) -> dict[str, Any]:
    return {name: getattr(provider, name) for name in SHOWN} | {"account": str(provider.account or "")}


def _record(actor: Actor, provider: IdentityProvider, verb: str, done: str, **details: Any) -> None:
    message = f"Identity provider {provider} of domain {provider.domain} {done}."
    events.record(actor, f"tenants.{verb}_identity_provider", message, resource=provider, **details)

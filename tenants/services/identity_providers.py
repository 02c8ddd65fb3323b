"""Providers of a domain, kept by those who manage it."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from allauth.socialaccount.models import SocialAccount
from django.db import transaction

from cloudportal.core import events
from cloudportal.core.addresses import Internal, Unknown, allowed_address
from cloudportal.core.configuration import value_of
from cloudportal.core.errors import InvalidInput
from cloudportal.core.writing import insert, update
from tenants.actor import Actor
from tenants.might import refuse_beyond
from tenants.models import Domain, IdentityProvider
from tenants.names import refuse_project
from tenants.permissions import BUILT_IN
from tenants.settings import IDENTITY_INTERNAL_NETWORKS

MOST_MAPPINGS = 100
SHOWN = (
    "name", "issuer", "client_id", "trusts_emails", "groups_claim", "role_mapping", "email_domains", "is_enabled",
)  # fmt: skip
_HOST = re.compile(r"(?=.{4,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")


# What a provider may give by its groups; nobody comes to rule the whole cloud that way.
ROLES = {code: role.permissions for code, role in BUILT_IN.items() if not role.only_root}


def create_identity_provider(actor: Actor, *, domain: Domain, **values: Any) -> IdentityProvider:
    """Trust a provider for the users of a domain.

    Raises:
        NotFound, PermissionDenied: the actor does not manage the tenancy of the domain, or maps to a role that it
            could not grant itself.
        InvalidInput: a field is malformed; the issuer is not HTTPS, or leads to an internal address.
    """
    actor.require("tenancy.manage", domain)
    provider = IdentityProvider(domain=domain, **values)
    _check(actor, provider, set(values))
    with transaction.atomic():
        insert(provider)
        _record(actor, provider, "create", "created", after=_shown(provider))
    return provider


def update_identity_provider(actor: Actor, *, provider: IdentityProvider, **changes: Any) -> IdentityProvider:
    """Change a provider; an empty secret leaves the one that is there. The same refusals as when it is created."""
    actor.require("tenancy.manage", provider.domain)
    if not changes.get("client_secret"):
        changes.pop("client_secret", None)
    before = _shown(provider)
    for name, value in changes.items():
        setattr(provider, name, value)
    _check(actor, provider, set(changes))
    with transaction.atomic():
        if before["issuer"] != provider.issuer:
            # Another issuer's subjects are other people.
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


def check_issuer(issuer: str) -> None:
    """Judge the address that the portal will ask for keys and tokens.

    Raises:
        InvalidInput: it is no HTTPS URL, or leads to an address that the operator did not allow.
    """
    try:
        parts = urlsplit(issuer)
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise InvalidInput({"issuer": "That is no URL."}) from error
    if parts.scheme not in {"https", "http"} or not host or parts.username or parts.query or parts.fragment:
        raise InvalidInput({"issuer": "The issuer must be a URL with a host, without user name, query and fragment."})
    internal = value_of(IDENTITY_INTERNAL_NETWORKS)
    try:
        allowed_address(host, port, internal)
    except Unknown as error:
        raise InvalidInput({"issuer": f"There is no host called {host}."}) from error
    except Internal as error:
        raise InvalidInput({"issuer": "The issuer leads to an internal address, which is not accepted."}) from error
    if parts.scheme == "http" and not internal:
        raise InvalidInput({"issuer": "The issuer must begin with https://."})


def _check(actor: Actor, provider: IdentityProvider, changed: set[str]) -> None:
    if "issuer" in changed:
        check_issuer(provider.issuer)
    if provider.account is not None and not provider.account.domain.path.startswith(provider.domain.path):
        raise InvalidInput({"account": "New users join an account of the provider's own domain."})
    if provider.account is not None:
        refuse_project(provider.account, "account", "Nobody belongs to a project: choose an account.")
    _check_mapping(actor, provider)
    if "email_domains" in changed and provider.email_domains:
        actor.require_everywhere("tenancy.manage")
        if not all(isinstance(name, str) and _HOST.fullmatch(name) for name in provider.email_domains):
            raise InvalidInput({"email_domains": "These must be names such as example.org, in small letters."})


def _check_mapping(actor: Actor, provider: IdentityProvider) -> None:
    """Nobody gives away by a provider what they could not grant themselves."""
    mapping = provider.role_mapping
    if not isinstance(mapping, list) or len(mapping) > MOST_MAPPINGS:
        raise InvalidInput({"role_mapping": f"This must be a list of at most {MOST_MAPPINGS} entries."})
    for entry in mapping:
        if not isinstance(entry, dict) or set(entry) != {"group", "role", "on"} or not _is_text(entry["group"]):
            raise InvalidInput({"role_mapping": "Each entry has a group, a role, and on what: account or domain."})
        if entry["role"] not in ROLES or entry["on"] not in {"account", "domain"}:
            raise InvalidInput({"role_mapping": f"There is no role “{entry['role']}” on “{entry['on']}”."})
        refuse_beyond(actor, ROLES[entry["role"]], provider.domain, verb="give away")


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 255


def _forget_links(provider: IdentityProvider) -> None:
    SocialAccount.objects.filter(provider=str(provider.uuid)).delete()


def _shown(provider: IdentityProvider) -> dict[str, Any]:
    return {name: getattr(provider, name) for name in SHOWN} | {"account": str(provider.account or "")}


def _record(actor: Actor, provider: IdentityProvider, verb: str, done: str, **details: Any) -> None:
    message = f"Identity provider {provider} of domain {provider.domain} {done}."
    events.record(actor, f"tenants.{verb}_identity_provider", message, resource=provider, **details)

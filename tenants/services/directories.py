"""Letting in whom an LDAP directory of a domain knows, and trying whether the portal can ask it."""

from __future__ import annotations

import pkgutil
import secrets
from dataclasses import dataclass
from typing import Any

from cloudportal.core import events
from cloudportal.core.configuration import value_of
from cloudportal.core.errors import Conflict
from tenants.actor import Actor
from tenants.directory.base import Directory, DirectoryProblem, Entry
from tenants.models import Domain, IdentityProvider, User
from tenants.models.domain import ids_of
from tenants.models.identity_provider import Kind
from tenants.people import by_email, by_username
from tenants.services.identities import admit, told
from tenants.services.provider_kinds import missing_extra
from tenants.settings import IDENTITY_INTERNAL_NETWORKS


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a trial: `step` is connect, encrypt, bind, search, groups or ask."""

    step: str
    is_good: bool
    message: str


def directories_of(domain: Domain) -> list[IdentityProvider]:
    """The directories that are asked for the users of a domain: its own first, then those of the domains above."""
    rows = IdentityProvider.objects.filter(kind=Kind.LDAP, is_enabled=True, domain__in=ids_of(domain.path))
    return sorted(rows.select_related("domain", "account__domain"), key=lambda row: -len(row.domain.path))


def ask_directory(provider: IdentityProvider, *, name: str, password: str) -> User | None:
    """The user whom the directory proves; None where name and password do not match.

    The password of a user of ours, who has the same name or address in the provider's domain, is never sent there: it
    was judged here already. So that time does not tell, the directory is asked all the same, for nobody.

    Raises:
        DirectoryProblem: the directory could not be asked.
        NotVouchedFor: it knows somebody whom it must not sign in.
    """
    if _has_password_here(provider, name):
        name, password = secrets.token_hex(8), secrets.token_hex(8)
    entry: Entry | None = _client().prove(directory_of(provider), name, password)
    if entry is None:
        return None
    return admit(provider, told(provider, subject=entry.facts["id"], facts=entry.facts, groups=entry.groups))


def try_directory(actor: Actor, *, provider: IdentityProvider, username: str = "") -> list[Step]:
    """Ask the directory as a sign-in would, without a password, and tell each step up to the first that fails.

    Raises:
        NotFound, PermissionDenied: the actor does not manage the tenancy of the domain.
        Conflict: the provider is no directory, or this machine can't ask any.
    """
    actor.require("tenancy.manage", provider.domain)
    if provider.kind != Kind.LDAP:
        raise Conflict("Only directories can be tried. Sign in by the provider to see whether it works.")
    if extra := missing_extra(provider.kind):
        raise Conflict(f"The extra “{extra}” is not installed here.")
    steps: list[Step] = []
    try:
        _client().look_up(directory_of(provider), username, lambda step, done: steps.append(Step(step, True, done)))
    except DirectoryProblem as problem:
        steps.append(Step(problem.step, False, problem.message))
    outcome = "works" if steps[-1].is_good else f"fails at “{steps[-1].step}”"
    events.record(
        actor, "tenants.try_identity_provider", f"A trial of identity provider {provider} {outcome}.", resource=provider
    )
    return steps


def directory_of(provider: IdentityProvider) -> Directory:
    internal = value_of(IDENTITY_INTERNAL_NETWORKS)
    return Directory(
        servers=tuple(provider.servers),
        certificates=provider.certificates,
        bind_dn=provider.bind_dn,
        bind_password=provider.bind_password,
        user_base=provider.user_base,
        user_filter=provider.user_filter,
        group_base=provider.group_base,
        group_filter=provider.group_filter,
        names=provider.names,
        internal=tuple(internal),
    )


def _has_password_here(provider: IdentityProvider, typed: str) -> bool:
    named = by_username(typed)
    users = [named] if named is not None else by_email(typed)
    return any(
        user.has_usable_password() and user.account.domain.path.startswith(provider.domain.path) for user in users
    )


def _client() -> Any:
    """
    Raises:
        DirectoryProblem: the library is missing.
    """
    if extra := missing_extra(Kind.LDAP):
        raise DirectoryProblem("ask", f"The extra “{extra}” is not installed on this machine.")
    return pkgutil.resolve_name("tenants.directory.client")

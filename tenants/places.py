"""The places where settings may be overridden, as every door names them, and who may do that there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, QuerySet

from cloudportal.core.configuration import Level, Levels, place_of
from tenants import selectors
from tenants.actor import Actor
from tenants.models import Account, Domain


@dataclass(frozen=True, slots=True)
class Scope:
    """One kind of place. Of tenancy: permissions hold on it, so that some settings are its own people's to change."""

    name: str
    model: type[Model]
    selector: Callable[[Actor], QuerySet[Any]]
    is_tenancy: bool = False


SCOPES: dict[str, Scope] = {}


def declare_scope(scope: Scope, levels: Levels) -> None:
    """Make rows of a model places, for all doors."""
    SCOPES[scope.name] = scope
    place_of(scope.model, levels)


def scope_of(place: Model) -> Scope:
    """The kind of a place."""
    return next(scope for scope in SCOPES.values() if isinstance(place, scope.model))


def _levels_of_domain(domain: Domain) -> Iterator[Level]:
    for key in reversed(domain.path.strip("/").split("/")):
        yield "domain", int(key)


def _levels_of_account(account: Account) -> Iterator[Level]:
    yield "account", account.pk
    yield from _levels_of_domain(account.domain)


declare_scope(Scope("account", Account, selectors.accounts, is_tenancy=True), _levels_of_account)
declare_scope(Scope("domain", Domain, selectors.domains, is_tenancy=True), _levels_of_domain)

"""How far a permission reaches: below some domains, and in some accounts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import Q

from tenants.models import Account, Domain
from tenants.models.domain import ids_of
from tenants.permissions import effective

Place = Domain | Account


@dataclass(frozen=True, slots=True)
class Reach:
    """Where one permission holds: below these domain paths, and in these accounts."""

    paths: frozenset[str] = frozenset()
    accounts: frozenset[int] = frozenset()
    everywhere: bool = False

    def covers(self, place: Place) -> bool:
        if self.everywhere or (isinstance(place, Account) and place.pk in self.accounts):
            return True
        path = path_of(place)
        return any(path.startswith(above) for above in self.paths)


NOWHERE = Reach()
Reaches = Mapping[str, Reach]


@dataclass(frozen=True, slots=True)
class Granted:
    """One grant as the database tells it: permissions, and the path of a domain or the id of an account."""

    permissions: tuple[str, ...]
    path: str | None
    account: int | None

    @property
    def is_at_root(self) -> bool:
        return self.path is not None and len(ids_of(self.path)) == 1


def reaches_of(grants: Iterable[Granted]) -> Reaches:
    """Every permission with its reach."""
    paths: dict[str, set[str]] = {}
    accounts: dict[str, set[int]] = {}
    everywhere: set[str] = set()
    for grant in grants:
        for permission in effective(grant.permissions, at_root=grant.is_at_root):
            where = paths.setdefault(permission, set())
            owned = accounts.setdefault(permission, set())
            if grant.path is not None:
                where.add(grant.path)
            if grant.account is not None:
                owned.add(grant.account)
            if grant.is_at_root:
                everywhere.add(permission)
    return {
        name: Reach(frozenset(paths[name]), frozenset(accounts[name]), name in everywhere)
        for name in sorted(paths.keys() | accounts.keys())
    }


def path_of(place: Place) -> str:
    """The path of a domain, or of the domain that an account is in."""
    return place.path if isinstance(place, Domain) else place.domain.path


def below(paths: Iterable[str], field: str) -> Q:
    """The filter of a path field by prefixes; no prefix matches nothing."""
    condition = Q(pk__in=[])
    for path in sorted(paths):
        condition |= Q(**{f"{field}__startswith": path})
    return condition

"""Who acts, and how far they reach."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.db.models import Q

from cloudportal.core.errors import NotFound, PermissionDenied
from cloudportal.core.prepared import fetch_all
from tenants.models import (
    Account,
    Domain,
    User,
)
from tenants.permissions import PERMISSIONS

if TYPE_CHECKING:
    from django.db.models import QuerySet


@dataclass(frozen=True, slots=True)
class Reach:
    """Where one permission holds: below these domain paths, and in these accounts."""

    paths: frozenset[str] = frozenset()
    accounts: frozenset[int] = frozenset()
    everywhere: bool = False

    def covers(self, account: Account) -> bool:
        if self.everywhere or account.pk in self.accounts:
            return True
        return any(account.domain.path.startswith(path) for path in self.paths)


NOWHERE = Reach()


@dataclass(frozen=True, slots=True)
class Actor:
    """A user with all their grants resolved, for one request or job.

    Every service takes one as its first argument, and every selector starts from what it may see.
    """

    name: str
    user_id: int | None = None
    account_id: int | None = None
    reach: Mapping[str, Reach] = field(default_factory=dict)

    def may(self, permission: str, account: Account | None = None) -> bool:
        """Whether the permission holds on the account, or anywhere at all when none is given."""
        reach = self.reach.get(permission, NOWHERE)
        return reach.covers(account) if account is not None else reach != NOWHERE

    def require(self, permission: str, account: Account) -> None:
        """Insist on a permission on an account.

        Raises:
            NotFound: the actor may not even see the account's things.
            PermissionDenied: it sees them and may not do this.
        """
        if self.may(permission, account):
            return
        area = permission.split(".")[0]
        if self.may(f"{area}.view", account):
            raise PermissionDenied(f"You may not do that for account {account}: it takes “{PERMISSIONS[permission]}”.")
        raise NotFound

    def require_everywhere(self, permission: str) -> None:
        """Insist on a permission on the whole cloud.

        Raises:
            PermissionDenied: it does not hold at the root.
        """
        if not self.reach.get(permission, NOWHERE).everywhere:
            raise PermissionDenied(f"That takes “{PERMISSIONS[permission]}” on the whole cloud.")

    @property
    def is_operator(self) -> bool:
        return self.reach.get("infrastructure.view", NOWHERE).everywhere

    def scope(self, permission: str, field: str = "account") -> Q:
        """The filter of what the permission lets the actor see, over the foreign key to the owner.

        One indexed column decides; domains are resolved to account ids by the database.
        """
        reach = self.reach.get(permission, NOWHERE)
        if reach.everywhere:
            # Not an empty Q: that would vanish in an OR, and leave the other side alone.
            return Q(pk__isnull=False)
        scope = Q(**{f"{field}_id__in": sorted(reach.accounts)})
        if reach.paths:
            subtree = Account.objects.filter(below(reach.paths, "domain__path")).values("pk")
            scope |= Q(**{f"{field}_id__in": subtree})
        return scope

    def accounts(self, permission: str) -> QuerySet[Account]:
        """The accounts on which the permission holds."""
        reach = self.reach.get(permission, NOWHERE)
        accounts = Account.objects.select_related("domain")
        if reach.everywhere:
            return accounts
        return accounts.filter(Q(pk__in=reach.accounts) | below(reach.paths, "domain__path"))


_GRANTED = """
SELECT p.codename, d.path, NULL::bigint
FROM tenants_domainuserobjectpermission g
JOIN auth_permission p ON p.id = g.permission_id JOIN tenants_domain d ON d.id = g.content_object_id
WHERE g.user_id = %(user)s
UNION ALL
SELECT p.codename, d.path, NULL
FROM tenants_domaingroupobjectpermission g
JOIN auth_permission p ON p.id = g.permission_id JOIN tenants_domain d ON d.id = g.content_object_id
JOIN tenants_user_groups m ON m.group_id = g.group_id AND m.user_id = %(user)s
UNION ALL
SELECT p.codename, NULL, g.content_object_id
FROM tenants_accountuserobjectpermission g JOIN auth_permission p ON p.id = g.permission_id
WHERE g.user_id = %(user)s
UNION ALL
SELECT p.codename, NULL, g.content_object_id
FROM tenants_accountgroupobjectpermission g JOIN auth_permission p ON p.id = g.permission_id
JOIN tenants_user_groups m ON m.group_id = g.group_id AND m.user_id = %(user)s
"""

SYSTEM = Actor("system", reach={name: Reach(everywhere=True) for name in PERMISSIONS})


def actor_of(user: User) -> Actor:
    """Resolve everything that was granted to a user and to the user's groups, in one query."""
    granted: dict[str, tuple[set[str], set[int]]] = {}
    for codename, path, account in _grants(user):
        paths, accounts = granted.setdefault(codename, (set(), set()))
        if path is not None:
            paths.add(path)
        elif account is not None:
            accounts.add(account)
    reach = {name: _reach(paths, accounts) for name, (paths, accounts) in granted.items() if name in PERMISSIONS}
    return Actor(user.username, user.pk, user.account_id, reach)


def _reach(paths: set[str], accounts: set[int]) -> Reach:
    everywhere = any(path.strip("/").count("/") == 0 for path in paths)
    return Reach(frozenset(paths), frozenset(accounts), everywhere)


def _grants(user: User) -> list[tuple[str, str | None, int | None]]:
    """Rows of (permission, domain path or None, account id or None). Every request asks, so the SQL is written out."""
    return fetch_all(_GRANTED, {"user": user.pk})


def below(paths: frozenset[str], field: str) -> Q:
    """The filter of a path field by prefixes; no prefix matches nothing."""
    condition = Q(pk__in=[])
    for path in sorted(paths):
        condition |= Q(**{f"{field}__startswith": path})
    return condition


def root_domain() -> Domain:
    """The domain above all others."""
    return Domain.objects.get(parent=None)

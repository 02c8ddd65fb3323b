"""Who acts, and how far they reach."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from cloudportal.core.errors import NotFound, PermissionDenied
from cloudportal.core.prepared import fetch_all
from tenants.models import Account, Domain, Group, User
from tenants.permissions import PERMISSIONS, REACHES_PROJECTS, view_of
from tenants.reach import NOWHERE, Granted, Place, Reach, Reaches, below, reaches_of
from tenants.scope import KeyScope
from tenants.standing import MAY_ACT, refuse_growth

if TYPE_CHECKING:
    from django.db.models import QuerySet

__all__ = ["NOWHERE", "SYSTEM", "Actor", "Reach", "actor_of", "below", "root_domain"]

# How a locked account is unlocked again: its state stops nobody from administering it.
IN_ANY_STATE = frozenset({name for name in PERMISSIONS if name.endswith(".view")} | {"tenancy.manage", "roles.manage"})


@dataclass(frozen=True, slots=True)
class Actor:
    """A user with all their grants resolved, for one request or job.

    Every service takes one as its first argument, and every selector starts from what it may see. `key` is the API key
    that it acts with; its reach is then what the key leaves of the user's.
    """

    name: str
    user_id: int | None = None
    account_id: int | None = None
    reach: Reaches = field(default_factory=dict)
    key: KeyScope | None = None

    def may(self, permission: str, place: Place | None = None) -> bool:
        """Whether the permission holds on an account or a domain, or anywhere at all when none is given."""
        reach = self.reach.get(permission, NOWHERE)
        return reach.covers(place) if place is not None else reach != NOWHERE

    def may_on_domains(self, permission: str) -> bool:
        """Whether the permission holds on any domain, and not on single accounts alone."""
        return bool(self.reach.get(permission, NOWHERE).paths)

    def may_everywhere(self, permission: str) -> bool:
        """Whether the permission holds on the whole cloud."""
        return self.reach.get(permission, NOWHERE).everywhere

    def lacks(self, permissions: Collection[str], place: Place) -> list[str]:
        """Those of some permissions that do not hold on a place."""
        return sorted(name for name in permissions if not self.may(name, place))

    def require(self, permission: str, place: Place, *, even_locked: bool = False) -> None:
        """Insist on a permission on an account or a domain, and that things may be created and changed there.

        What only stops something or takes it away says `even_locked`: locked and disabled accounts still can.

        Raises:
            NotFound: the actor may not even see the account's things.
            PermissionDenied: it sees them and may not do this.
            AccountLocked, AccountDisabled, ProjectSuspended, DomainSuspended: it may, and a state forbids it.
        """
        if not self.may(permission, place):
            if self.may(view_of(permission), place):
                noun = "domain" if isinstance(place, Domain) else "account"
                words = f"You may not do that for {noun} {place}: it takes “{PERMISSIONS[permission]}”."
                raise PermissionDenied(words)
            raise NotFound
        if not even_locked and permission not in IN_ANY_STATE:
            refuse_growth(place)

    def require_everywhere(self, permission: str) -> None:
        """Insist on a permission on the whole cloud.

        Raises:
            PermissionDenied: it does not hold at the root.
        """
        if not self.may_everywhere(permission):
            raise PermissionDenied(f"That takes “{PERMISSIONS[permission]}” on the whole cloud.")

    @property
    def is_operator(self) -> bool:
        return self.may_everywhere("infrastructure.view")

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

    def accounts(self, permission: str, *, removed: bool = False) -> QuerySet[Account]:
        """The accounts on which the permission holds, with those that are `removed` where their past counts too."""
        reach = self.reach.get(permission, NOWHERE)
        accounts = Account.objects.select_related("domain")
        if not removed:
            accounts = accounts.filter(removed_at=None)
        if reach.everywhere:
            return accounts
        return accounts.filter(Q(pk__in=reach.accounts) | below(reach.paths, "domain__path"))


_OF_USER = """
SELECT r.permissions, d.path, NULL::bigint
FROM tenants_domainuserobjectpermission g
JOIN tenants_role r ON r.on_domain_id = g.permission_id JOIN tenants_domain d ON d.id = g.content_object_id
WHERE g.user_id = %(user)s AND {who}
UNION ALL
SELECT r.permissions, {home}, reached.account
FROM tenants_accountuserobjectpermission g JOIN tenants_role r ON r.on_account_id = g.permission_id {reached}
WHERE g.user_id = %(user)s AND {who}
"""
_OF_GROUPS = """
SELECT r.permissions, d.path, NULL::bigint
FROM tenants_domaingroupobjectpermission g
JOIN tenants_role r ON r.on_domain_id = g.permission_id JOIN tenants_domain d ON d.id = g.content_object_id
WHERE g.group_id IN ({groups}) AND {who}
UNION ALL
SELECT r.permissions, {home}, reached.account
FROM tenants_accountgroupobjectpermission g JOIN tenants_role r ON r.on_account_id = g.permission_id {reached}
WHERE g.group_id IN ({groups}) AND {who}
"""
_GROUPS = "SELECT m.group_id FROM tenants_user_groups m WHERE m.user_id = %(user)s"
_STANDING = f"""
WITH standing AS (SELECT EXISTS (
  SELECT 1 FROM tenants_user u JOIN tenants_account a ON a.id = u.account_id JOIN tenants_domain d ON d.id = a.domain_id
  WHERE u.id = %(user)s AND {MAY_ACT}) AS acts)
"""  # noqa: S608 - constants of ours


# A grant on an account holds for the account, and for its projects if whoever has the role manages them.
_REACHED = f"""CROSS JOIN LATERAL (
  SELECT g.content_object_id UNION ALL
  SELECT p.account_id FROM tenants_project p
  WHERE p.owner_id = g.content_object_id AND p.removed_at IS NULL AND '{REACHES_PROJECTS}' = ANY (r.permissions)
) AS reached(account)"""  # noqa: S608 - a constant of ours
# Where an account is, for keys that are narrowed to domains: others need not know.
_HOME = """(
  SELECT h.path FROM tenants_account o JOIN tenants_domain h ON h.id = o.domain_id WHERE o.id = reached.account
)"""


def _both(who: str, home: str = "NULL") -> str:
    of_groups = _OF_GROUPS.format(groups=_GROUPS, who=who, home=home, reached=_REACHED)
    return f"{_OF_USER.format(who=who, home=home, reached=_REACHED)} UNION ALL {of_groups}"


# Every request asks the first, so the SQL is written out: grants, roles and the states that make them void, at once.
_GRANTED_NOW = _STANDING + _both("(SELECT acts FROM standing)")
_GRANTED_NOW_WITH_HOMES = _STANDING + _both("(SELECT acts FROM standing)", _HOME)
_GRANTED = _both("TRUE")
_GRANTED_TO_GROUP = _OF_GROUPS.format(groups="%(group)s", who="TRUE", home="NULL", reached=_REACHED)

SYSTEM = Actor("system", reach={name: Reach(everywhere=True) for name in PERMISSIONS})


def actor_of(user: User, key: KeyScope | None = None) -> Actor:
    """Resolve everything that was granted to a user and to the user's groups, in one query, less what a key takes away.

    Nothing is, while the user or its account is disabled, or a domain above it suspended.
    """
    if key is None or not key.is_narrow:
        reach = _reaches(_GRANTED_NOW, {"user": user.pk})
    else:
        reach = _narrowed(key, fetch_all(_GRANTED_NOW_WITH_HOMES, {"user": user.pk}))
    return Actor(user.username, user.pk, user.account_id, reach, key)


def _narrowed(key: KeyScope, rows: list[tuple[Any, ...]]) -> Reaches:
    """A row of an account tells its domain's path as well, which is no grant on the domain."""
    homes = {account: path for _, path, account in rows if account is not None}
    granted = [Granted(tuple(names), None if account else path, account) for names, path, account in rows]
    return key.narrow(reaches_of(granted), homes)


def reaches_of_user(user: User) -> Reaches:
    """What was granted to a user, also while the user may not act: how mighty somebody is does not end with a lock."""
    return _reaches(_GRANTED, {"user": user.pk})


def reaches_of_group(group: Group) -> Reaches:
    """What was granted to a group."""
    return _reaches(_GRANTED_TO_GROUP, {"group": group.auth_id})


def _reaches(sql: str, params: dict[str, int]) -> Reaches:
    """Every request asks, so the SQL is written out and stays prepared."""
    rows = fetch_all(sql, params)
    return reaches_of(Granted(tuple(permissions), path, account) for permissions, path, account in rows)


def root_domain() -> Domain:
    """The domain above all others."""
    return Domain.objects.get(parent=None)

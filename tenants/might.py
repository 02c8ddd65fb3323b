"""Who is mightier than whom: nobody takes from, or acts as, somebody who may do more than they."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Q

from cloudportal.core.errors import PermissionDenied
from tenants.actor import Actor, reaches_of_group, reaches_of_user
from tenants.models import Account, Domain, Grant, Group, Project, Role, User
from tenants.permissions import PERMISSIONS, REACHES_PROJECTS, effective
from tenants.reach import NOWHERE, Place, Reaches


def reaches_of(grantee: User | Group) -> Reaches:
    """What was granted to a user with their groups, or to a group."""
    return reaches_of_group(grantee) if isinstance(grantee, Group) else reaches_of_user(grantee)


def holds_all(mine: Reaches, theirs: Reaches) -> bool:
    """Whether everything that somebody may do, the other may do there too."""
    for permission, reach in theirs.items():
        own = mine.get(permission, NOWHERE)
        if own.everywhere:
            continue
        if not all(any(path.startswith(above) for above in own.paths) for path in reach.paths):
            return False
        owned = Account.objects.filter(pk__in=reach.accounts).select_related("domain")
        if not all(own.covers(account) for account in owned):
            return False
    return True


def refuse_mightier(actor: Actor, user: User, *, to: str) -> None:
    """Insist that the actor may do, everywhere, whatever the user may.

    Raises:
        PermissionDenied: the user may do more.
    """
    if not holds_all(actor.reach, reaches_of_user(user)):
        raise PermissionDenied(f"You can't {to} {user}, who may do more than you.")


def refuse_mightier_at(actor: Actor, grantee: User | Group, place: Place) -> None:
    """Insist that the actor may do, at a place, whatever somebody may there.

    Raises:
        PermissionDenied: they may do more there.
    """
    if any(reach.covers(place) and not actor.may(name, place) for name, reach in reaches_of(grantee).items()):
        raise PermissionDenied(f"You can't change what {grantee} has on {place}: they may do more there than you.")


def refuse_beyond(actor: Actor, permissions: Collection[str], place: Place, *, verb: str) -> None:
    """Insist that the actor has some permissions at a place; those that mean nothing there do not count.

    What reaches an account's projects the actor must have in these too, in those that are still to come as well.

    Raises:
        PermissionDenied: naming the first that is missing.
    """
    at_root = isinstance(place, Domain) and place.is_root
    wanted = effective(permissions, at_root=at_root)
    if missing := actor.lacks(wanted, place):
        words = PERMISSIONS[missing[0]]
        raise PermissionDenied(f"You can't {verb} “{words}”, which you do not have there.", permissions=missing)
    if isinstance(place, Account) and (missing := _not_in_projects(actor, wanted, place)):
        words = f"You can't {verb} “{PERMISSIONS[missing[0]]}” for the projects of {place}, where you do not have it."
        raise PermissionDenied(words, permissions=missing)


def _not_in_projects(actor: Actor, wanted: Collection[str], account: Account) -> list[str]:
    """Those of some permissions that no role gives the actor which reaches the account's projects.

    Two roles on the account, one of which manages projects, do not make the other reach them. A project has none.
    """
    if REACHES_PROJECTS not in wanted or Project.objects.filter(account=account).exists():
        return []
    left = set(actor.lacks(wanted, account.domain))
    if left:
        mine = Q(user=actor.user_id or 0) | Q(group__auth__user=actor.user_id or 0)
        roles = Grant.objects.filter(mine, account=account.pk, role__permissions__contains=[REACHES_PROJECTS])
        left -= {name for names in roles.values_list("role__permissions", flat=True) for name in names}
    return sorted(left)


def at(role: Role, place: Place) -> bool:
    """Whether a role is one of the place: of the whole cloud, or of a domain at or above it."""
    path = place.path if isinstance(place, Domain) else place.domain.path
    return role.domain is None or path.startswith(role.domain.path)

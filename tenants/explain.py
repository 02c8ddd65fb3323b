"""May this user do this to that, and because of which grants or shares; or why not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Q

from cloudportal.core.errors import NotFound
from tenants.actor import IN_ANY_STATE, Actor, reaches_of_user
from tenants.holdings import find
from tenants.models import Account, Domain, Grant, User
from tenants.permissions import OF_THE_CLOUD, PERMISSIONS
from tenants.reach import Place
from tenants.selectors import on_owner, users
from tenants.sharing import find_shared, table_or_none
from tenants.standing import obstacle, obstacle_of_user

SHOWN = 10


@dataclass(frozen=True, slots=True)
class Because:
    """A grant that allows it. `inherited`: it is on a domain above or on a project's owner, not on the place itself."""

    grant: Grant
    inherited: bool


@dataclass(frozen=True, slots=True)
class Shared:
    """A share that lets the user see the thing: with which account, and the grants there that make it theirs."""

    thing: Any
    account: Account
    grants: tuple[Because, ...]
    code: str = "shared"


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What stands in the way, with a stable code."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer: allowed if there is a grant, or a share of the thing asked about, and no obstacle."""

    user: User
    permission: str
    place: Place
    grants: tuple[Because, ...]
    obstacles: tuple[Obstacle, ...]
    shares: tuple[Shared, ...] = ()

    @property
    def allowed(self) -> bool:
        return bool(self.grants or self.shares) and not self.obstacles


def explain(actor: Actor, *, user: User, permission: str, on: Place, thing: Any = None) -> Explanation:
    """Explain one permission of one user on a domain or an account. Oneself one may always ask about.

    Of a `thing` on the account, shares count too: they let it be seen.

    Raises:
        NotFound: the actor sees neither the user nor who has roles there.
    """
    shares = tuple(_shares(actor, user, permission, thing)) if thing is not None else ()
    sees_roles = actor.may("roles.view", on) or bool(shares)
    if user.pk != actor.user_id and not (sees_roles and users(actor).filter(pk=user.pk).exists()):
        raise NotFound
    grants = tuple(_because(user, permission, on)) if user.pk == actor.user_id or actor.may("roles.view", on) else ()
    obstacles = tuple(_obstacles(user, permission, on, bool(grants or shares)))
    return Explanation(user, permission, on, grants, obstacles, shares)


def thing_of(actor: Actor, uuid: Any) -> Any:
    """Something that an account holds, or shares with one of the actor's, by its id; its account has its domain.

    Raises:
        NotFound: there is none that the actor may see.
    """
    try:
        thing = find(actor.scope, uuid)
    except NotFound:
        thing = find_shared(actor, uuid)
    thing.account = Account.objects.select_related("domain").get(pk=thing.account_id)
    return thing


def _because(user: User, permission: str, on: Place) -> Iterator[Because]:
    home = on if isinstance(on, Domain) else on.domain
    line = home.line[:1] if permission in OF_THE_CLOUD else home.line
    places = Q(domain__in=line)
    if isinstance(on, Account) and permission not in OF_THE_CLOUD:
        places |= Q(account=on.pk) | on_owner(on)
    theirs = Q(user=user.pk) | Q(group__in=user.groups.values("portal"))
    grants = Grant.objects.filter(places, theirs, role__permissions__contains=[permission])
    rows = grants.select_related("role", "user", "group", "domain", "account")
    for grant in rows.order_by(F("account").desc(nulls_last=True), "-domain__path", "id"):
        yield Because(grant, inherited=grant.place != on)


def _shares(actor: Actor, user: User, permission: str, thing: Any) -> Iterator[Shared]:
    """Of shares with accounts whose roles the actor sees, those with accounts where the user has the permission."""
    table = table_or_none(type(thing))
    if table is None or permission != f"{thing._meta.app_label}.view":
        return
    theirs = Actor(user.username, user.pk, user.account_id, reaches_of_user(user))
    rows = table.objects.filter(theirs.scope(permission), resource=thing.pk).select_related("account__domain")
    for share in rows.order_by("pk")[:SHOWN]:
        if user.pk == actor.user_id or actor.may("roles.view", share.account):
            yield Shared(thing, share.account, tuple(_because(user, permission, share.account)))


def _obstacles(user: User, permission: str, on: Place, granted: bool) -> Iterator[Obstacle]:
    if not granted:
        yield Obstacle("no-grant", f"No role that {user} has on {on}, or above it, holds “{PERMISSIONS[permission]}”.")
    if (refusal := obstacle_of_user(user)) is not None:
        yield Obstacle(refusal.code, refusal.message)
    if permission not in IN_ANY_STATE and (refusal := obstacle(on)) is not None:
        yield Obstacle(refusal.code, refusal.message)

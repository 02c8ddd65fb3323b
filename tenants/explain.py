"""May this user do this to that, and because of which grants; or why not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Q

from cloudportal.core.errors import NotFound
from tenants.actor import IN_ANY_STATE, Actor
from tenants.holdings import find
from tenants.models import Account, Domain, Grant, User
from tenants.permissions import OF_THE_CLOUD, PERMISSIONS
from tenants.reach import Place
from tenants.selectors import on_owner, users
from tenants.standing import obstacle, obstacle_of_user


@dataclass(frozen=True, slots=True)
class Because:
    """A grant that allows it. `inherited`: it is on a domain above or on a project's owner, not on the place itself."""

    grant: Grant
    inherited: bool


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What stands in the way, with a stable code."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer: allowed if there is a grant and no obstacle."""

    user: User
    permission: str
    place: Place
    grants: tuple[Because, ...]
    obstacles: tuple[Obstacle, ...]

    @property
    def allowed(self) -> bool:
        return bool(self.grants) and not self.obstacles


def explain(actor: Actor, *, user: User, permission: str, on: Place) -> Explanation:
    """Explain one permission of one user on a domain or an account. Oneself one may always ask about.

    Raises:
        NotFound: the actor sees neither the user nor who has roles there.
    """
    if user.pk != actor.user_id and not (actor.may("roles.view", on) and users(actor).filter(pk=user.pk).exists()):
        raise NotFound
    grants = tuple(_because(user, permission, on))
    return Explanation(user, permission, on, grants, tuple(_obstacles(user, permission, on, bool(grants))))


def place_of(actor: Actor, uuid: Any) -> Place:
    """The account that owns something, by the thing's id.

    Raises:
        NotFound: there is none that the actor may see.
    """
    owner: Account = Account.objects.select_related("domain").get(pk=find(actor.scope, uuid).account_id)
    return owner


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


def _obstacles(user: User, permission: str, on: Place, granted: bool) -> Iterator[Obstacle]:
    if not granted:
        yield Obstacle("no-grant", f"No role that {user} has on {on}, or above it, holds “{PERMISSIONS[permission]}”.")
    if (refusal := obstacle_of_user(user)) is not None:
        yield Obstacle(refusal.code, refusal.message)
    if permission not in IN_ANY_STATE and (refusal := obstacle(on)) is not None:
        yield Obstacle(refusal.code, refusal.message)

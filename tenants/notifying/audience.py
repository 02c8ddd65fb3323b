"""Who is told: found by grants, and asked for their rights at the moment of telling."""

from __future__ import annotations

from functools import cache
from typing import Any

from tenants.actor import Actor, actor_of
from tenants.models import Account, Domain, Grant, User


class Audience:
    """What is known of users while some events are told. Each question is asked of the database once."""

    def __init__(self) -> None:
        self.actor = cache(self._actor)
        self.account = cache(self._account)
        self.everywhere = cache(self._everywhere)
        self.on = cache(self._on)

    def may(self, user_id: int, permission: str, account_id: int | None) -> bool:
        """Whether a user has a permission on an account now; on the whole cloud where there is none."""
        actor = self.actor(user_id)
        if actor is None:
            return False
        if account_id is None:
            return actor.may_everywhere(permission)
        account = self.account(account_id)
        return account is not None and actor.may(permission, account)

    def _actor(self, user_id: int) -> Actor | None:
        user = User.objects.filter(pk=user_id).first()
        return actor_of(user) if user is not None else None

    def _account(self, account_id: int) -> Account | None:
        return Account.objects.select_related("domain").filter(pk=account_id).first()

    def _everywhere(self, permission: str) -> list[int]:
        """Whoever has a permission on the whole cloud."""
        found = _holders(permission, domain__isnull=False, domain__parent=None)
        return [user for user in found if self.may(user, permission, None)]

    def _on(self, permission: str, place: Account | Domain) -> list[int]:
        """Whoever was granted a permission on a place itself: who has it from above has many such places."""
        noun = "domain" if isinstance(place, Domain) else "account"
        actors = {user: self.actor(user) for user in _holders(permission, **{noun: place})}
        return [user for user, actor in actors.items() if actor is not None and actor.may(permission, place)]


def _holders(permission: str, **place: Any) -> list[int]:
    """Users and members of groups with a role that has the permission, granted at a place. Two questions at most."""
    grants = Grant.objects.filter(role__permissions__contains=[permission], **place).order_by()
    rows = list(grants.values_list("user", "group__auth"))
    users = {user for user, _ in rows if user is not None}
    groups = {group for _, group in rows if group is not None}
    if groups:
        users |= set(User.objects.filter(groups__in=groups).values_list("pk", flat=True))
    return sorted(users)

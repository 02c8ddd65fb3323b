"""Roles by the groups of a provider: granted while somebody is in the group, and taken away when they are not.

What somebody granted by hand is never touched, since only grants that a mapping made have a row that says so.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import Q

from tenants.actor import SYSTEM
from tenants.locks import keeping_a_root_admin, lock_roles, locked
from tenants.models import (
    Account,
    AccountUserObjectPermission,
    Domain,
    DomainUserObjectPermission,
    Grant,
    IdentityProvider,
    MappedGrant,
    User,
)
from tenants.models.grants import grant_id
from tenants.services.grants import ensure_grant, mapped_of, revoke_grant
from tenants.services.provider_roles import ROLES

# Roles and where they hold, without repetitions, in the order of the mapping.
Places = dict[tuple[str, Domain | Account], None]


def settle_roles(provider: IdentityProvider, user: User, groups: Iterable[str]) -> None:
    """Give the user what the groups map to, and take what the provider gave before and would not give now.

    Mostly there is nothing to do, and then nothing is locked. Otherwise the person's other windows wait.

    Raises:
        NotFound: the user is gone meanwhile.
        Conflict: a place is being removed.
    """
    wanted = _wanted(provider, user, set(groups))
    if _is_settled(provider, user, wanted):
        return
    with transaction.atomic(), keeping_a_root_admin():
        lock_roles(role for role, _ in wanted)
        locked(user)
        _take(provider, user, wanted)
        _give(provider, user, wanted)


def _is_settled(provider: IdentityProvider, user: User, wanted: Places) -> bool:
    held, given = _held(user), {_grant_of(mapped) for mapped in _given(provider, user)}
    theirs = {held[place].pk for place in wanted if place in held and mapped_of(held[place]).exists()}
    return all(place in held for place in wanted) and given == theirs


def _take(provider: IdentityProvider, user: User, wanted: Places) -> None:
    for mapped in _given(provider, user):
        rows = Grant.objects.select_related("role", "user", "domain", "account__domain")
        grant = rows.filter(pk=_grant_of(mapped)).first()
        # It may have been revoked this moment.
        if grant is None or (grant.role.code, grant.place) in wanted:
            continue
        if mapped_of(grant).exclude(pk=mapped.pk).exists():
            mapped.delete()
        else:
            revoke_grant(SYSTEM, grant=grant)


def _give(provider: IdentityProvider, user: User, wanted: Places) -> None:
    """A grant that somebody made by hand is left to them."""
    for role, on in wanted:
        grant, is_new = ensure_grant(SYSTEM, user=user, role=role, on=on)
        if is_new or mapped_of(grant).exists():
            _remember(provider, grant)


def _held(user: User) -> dict[tuple[str, Domain | Account], Grant]:
    rows = Grant.objects.filter(user=user).exclude(role__code=None).select_related("role", "domain", "account")
    return {(str(grant.role.code), grant.place): grant for grant in rows}


def _wanted(provider: IdentityProvider, user: User, held: set[str]) -> Places:
    return {
        (entry["role"], provider.domain if entry["on"] == "domain" else user.account): None
        for entry in provider.role_mapping
        if entry["group"] in held and entry["role"] in ROLES
    }


def _given(provider: IdentityProvider, user: User) -> list[MappedGrant]:
    return list(MappedGrant.objects.filter(Q(on_domain__user=user) | Q(on_account__user=user), provider=provider))


def _grant_of(mapped: MappedGrant) -> int:
    if mapped.on_domain_id is not None:
        return grant_id(DomainUserObjectPermission, mapped.on_domain_id)
    assert mapped.on_account_id is not None  # noqa: S101 - the table has one of them in each row
    return grant_id(AccountUserObjectPermission, mapped.on_account_id)


def _remember(provider: IdentityProvider, grant: Grant) -> None:
    row: dict[str, Any] = {"on_domain_id" if grant.domain_id is not None else "on_account_id": grant.row_id}
    MappedGrant.objects.get_or_create(provider=provider, **row)

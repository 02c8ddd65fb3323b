"""Roles by the groups of a provider: granted while somebody is in the group, and taken away when they are not.

What somebody granted by hand is never touched, since only grants that a mapping made have a row that says so.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Q

from tenants.actor import SYSTEM
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


def settle_roles(provider: IdentityProvider, user: User, groups: Iterable[str]) -> None:
    """Give the user what the groups map to, and take what the provider gave before and would not give now.

    Takes first and gives then, which is the order of the locks.
    """
    wanted = _wanted(provider, user, set(groups))
    for mapped in _given(provider, user):
        grant = (
            Grant.objects.select_related("role", "user", "domain", "account__domain")
            .filter(pk=_grant_of(mapped))
            .first()
        )
        # It may have been revoked this moment.
        if grant is None or (grant.role.code, grant.place) in wanted:
            continue
        if mapped_of(grant).exclude(pk=mapped.pk).exists():
            mapped.delete()
        else:
            revoke_grant(SYSTEM, grant=grant)
    for role, on in wanted:
        grant, is_new = ensure_grant(SYSTEM, user=user, role=role, on=on)
        if is_new or mapped_of(grant).exists():
            _remember(provider, grant)


def _wanted(provider: IdentityProvider, user: User, held: set[str]) -> dict[tuple[str, Domain | Account], None]:
    """Without repetitions, in the order of the mapping."""
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

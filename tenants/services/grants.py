"""Granting and revoking roles."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from guardian.shortcuts import assign_perm

from cloudportal.core import events
from cloudportal.core.errors import Conflict, InvalidInput
from tenants.access import access_changed
from tenants.actor import Actor
from tenants.locks import keeping_a_root_admin, lock_grant
from tenants.might import at, refuse_beyond, refuse_mightier_at
from tenants.models import (
    Account,
    AccountUserObjectPermission,
    Domain,
    DomainUserObjectPermission,
    Grant,
    Group,
    MappedGrant,
    Role,
    User,
)
from tenants.permissions import BUILT_IN


def grant_role(
    actor: Actor, *, role: Role | str, on: Domain | Account, user: User | None = None, group: Group | None = None
) -> Grant:
    """Give a role to a user or a group, on a domain with everything below it, or on one account.

    Built-in roles may be named by their code. Granting again changes nothing, but that what a provider's group gave
    does not go with the group any more.

    Raises:
        InvalidInput: there is no such role at that place, or it is one of the root alone; not exactly one grantee.
        NotFound, PermissionDenied: the actor does not manage roles there, or would give away what it has not.
        Conflict: the domain or account is removed, or about to be.
    """
    with transaction.atomic():
        row = _grantable(actor, role, on, user, group)
        return give_role(actor, role=row, on=on, user=user, group=group)


def ensure_grant(
    actor: Actor, *, role: Role | str, on: Domain | Account, user: User | None = None, group: Group | None = None
) -> tuple[Grant, bool]:
    """The grant, and whether it is new; who gave one that is there already stays as it is.

    Raises: the refusals of `grant_role`.
    """
    with transaction.atomic():
        row = _grantable(actor, role, on, user, group)
        return _write(actor, row, on, user, group)


def give_role(
    actor: Actor, *, role: Role, on: Domain | Account, user: User | None = None, group: Group | None = None
) -> Grant:  # fmt: skip
    """Grant by hand, in the transaction of who asked whether it may be, and holds role and grantee.

    Raises:
        Conflict: the domain or account is removed, or about to be.
    """
    grant, is_new = _write(actor, role, on, user, group)
    if not is_new:
        mapped_of(grant).delete()
    return grant


def mapped_of(grant: Grant) -> QuerySet[MappedGrant]:
    """What says that groups of providers gave it."""
    column = {DomainUserObjectPermission: "on_domain", AccountUserObjectPermission: "on_account"}.get(grant.table)
    return MappedGrant.objects.filter(**{column: grant.row_id}) if column else MappedGrant.objects.none()


def _grantable(
    actor: Actor, role: Role | str, on: Domain | Account, user: User | None, group: Group | None
) -> Role:  # fmt: skip
    """The role, if the actor may give it there; it and the grantee are held until the transaction ends."""
    grantee = user or group
    if grantee is None or (user and group):
        raise InvalidInput({"user": "A role is granted to one user, or to one group."})
    actor.require("roles.manage", on)
    row = role_at(role, on)
    refuse_beyond(actor, row.permissions, on, verb="grant")
    row = lock_grant(row, grantee)
    # What it contains may have changed before it was held.
    refuse_beyond(actor, row.permissions, on, verb="grant")
    return row


def _write(
    actor: Actor, role: Role, on: Domain | Account, user: User | None, group: Group | None
) -> tuple[Grant, bool]:  # fmt: skip
    hold_place(on)
    grants = Grant.objects.filter(role=role, user=user, group=group, **_place(on))
    known = grants.first()
    if known is not None:
        return known, False
    grantee: Any = user or group
    assign_perm(role.permission_on(on), user or grantee.auth, on)
    events.record(
        actor, "tenants.grant_role", f"{grantee} is now {role} on {on}.", resource=grantee,
        account_id=_owner(grantee, on), role=role.name, on=str(on),
    )  # fmt: skip
    access_changed(user)
    return grants.get(), True


def revoke_grant(actor: Actor, *, grant: Grant) -> None:
    """Take a role away; whoever had it loses it at once. Revoking what is gone already changes nothing.

    Raises:
        NotFound, PermissionDenied: the actor does not manage roles there, has less than the role, or less than its
            holder has there.
        Conflict: it is what makes the last root admin one.
    """
    place, grantee, role = grant.place, grant.grantee, grant.role
    actor.require("roles.manage", place)
    refuse_beyond(actor, role.permissions, place, verb="revoke")
    refuse_mightier_at(actor, grantee, place)
    with transaction.atomic(), keeping_a_root_admin():
        if not grant.row.delete()[0]:
            return
        events.record(
            actor, "tenants.revoke_role", f"{grantee} is no longer {role} on {place}.", resource=grantee,
            account_id=_owner(grantee, place), role=role.name, on=str(place),
        )  # fmt: skip
        access_changed(grant.user)


def role_at(role: Role | str, on: Domain | Account) -> Role:
    """A role that can be granted at a place, by itself or by the code of a built-in one.

    Raises:
        InvalidInput: there is no such role at that place, or it is one of the root alone.
    """
    if isinstance(role, str):
        known = Role.objects.filter(code=role).first()
        if known is None:
            raise InvalidInput({"role": f"There is no role “{role}”; there are {', '.join(BUILT_IN)}."})
        role = known
    if not at(role, on):
        raise InvalidInput({"role": f"Role {role} belongs to domain {role.domain}, and {on} is not below it."})
    built_in = BUILT_IN.get(role.code or "")
    if built_in is not None and built_in.only_root and not (isinstance(on, Domain) and on.is_root):
        raise InvalidInput({"role": f"{role} is a role of the whole cloud: it is granted on the root domain."})
    return role


def hold_place(on: Domain | Account) -> None:
    """Lock a place's row, so that a removal either sees what comes now or is seen here.

    Raises:
        Conflict: it is removed, or about to be.
    """
    state = type(on).objects.select_for_update(no_key=True).values_list("state", flat=True).get(pk=on.pk)
    if state in ("Removing", "Removed"):
        raise Conflict(f"{on} is {state.lower()}; nothing can be granted on it any more.", state=state)


def _place(on: Domain | Account) -> dict[str, Domain | Account]:
    return {"domain": on} if isinstance(on, Domain) else {"account": on}


def _owner(grantee: User | Group, on: Domain | Account) -> int | None:
    """Whose trail it is in: the user's account, else the account that it is about."""
    if isinstance(grantee, User):
        return grantee.account_id
    return on.pk if isinstance(on, Account) else None

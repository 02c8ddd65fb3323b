"""Granting and revoking roles."""

from __future__ import annotations

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
        grant, is_new = give_role(actor, role=role, on=on, user=user, group=group)
        if not is_new:
            mapped_of(grant).delete()
    return grant


def give_role(
    actor: Actor, *, role: Role | str, on: Domain | Account, user: User | None = None, group: Group | None = None
) -> tuple[Grant, bool]:
    """The grant, and whether it is new; the refusals of `grant_role`."""
    grantee = user or group
    if grantee is None or (user and group):
        raise InvalidInput({"user": "A role is granted to one user, or to one group."})
    actor.require("roles.manage", on)
    row = _role(role, on)
    refuse_beyond(actor, row.permissions, on, verb="grant")
    with transaction.atomic():
        row = lock_grant(row, grantee)
        refuse_beyond(actor, row.permissions, on, verb="grant")
        _refuse_leaving(on)
        grants = Grant.objects.filter(role=row, user=user, group=group, **_place(on))
        known = grants.first()
        if known is not None:
            return known, False
        assign_perm(row.permission_on(on), user or grantee.auth, on)  # type: ignore[union-attr]
        grant = grants.get()
        events.record(
            actor, "tenants.grant_role", f"{grantee} is now {row} on {on}.", resource=grantee,
            account_id=_owner(grantee, on), role=row.name, on=str(on),
        )  # fmt: skip
        access_changed(user)
    return grant, True


def mapped_of(grant: Grant) -> QuerySet[MappedGrant]:
    """What says that groups of providers gave it."""
    column = {DomainUserObjectPermission: "on_domain", AccountUserObjectPermission: "on_account"}.get(grant.table)
    return MappedGrant.objects.filter(**{column: grant.row_id}) if column else MappedGrant.objects.none()


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


def _role(role: Role | str, on: Domain | Account) -> Role:
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


def _refuse_leaving(on: Domain | Account) -> None:
    """Under the place's row lock, so that a removal either sees the grant or is seen here."""
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

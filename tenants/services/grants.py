"""Granting roles."""

from __future__ import annotations

from django.db import transaction
from guardian.shortcuts import assign_perm

from cloudportal.core import events
from cloudportal.core.errors import InvalidInput, PermissionDenied
from tenants.actor import Actor
from tenants.models import Account, Domain, User
from tenants.permissions import ROLES


def grant_role(actor: Actor, *, user: User, role: str, on: Domain | Account) -> None:
    """Give a user a role on a domain with everything below it, or on one account. Granting again changes nothing.

    Raises:
        InvalidInput: there is no such role.
        NotFound, PermissionDenied: the actor does not manage the tenancy there, or would give away what it has not.
    """
    if role not in ROLES:
        raise InvalidInput({"role": f"There is no role “{role}”; there are {', '.join(ROLES)}."})
    place = on if isinstance(on, Account) else Account(domain=on, name="")
    actor.require("tenancy.manage", place)
    for permission in ROLES[role]:
        if not actor.may(permission, place):
            raise PermissionDenied(f"You can't grant “{permission}”, which you do not have there.")
    with transaction.atomic():
        for permission in sorted(ROLES[role]):
            assign_perm(f"tenants.{permission}", user, on)
        events.record(
            actor, "tenants.grant_role", f"{user} is now {role} on {on}.", resource=user, account_id=user.account_id
        )

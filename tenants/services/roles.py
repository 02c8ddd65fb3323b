"""Custom roles: create, clone, change, delete."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db import transaction

from cloudportal.core import events
from cloudportal.core.errors import Conflict, InvalidInput
from cloudportal.core.writing import update
from tenants.access import access_changed
from tenants.actor import Actor
from tenants.locks import locked
from tenants.might import refuse_beyond
from tenants.models import Domain, Grant, Role
from tenants.permissions import OF_THE_CLOUD, PERMISSIONS, effective
from tenants.roles import insert_role, remove_role


def create_role(
    actor: Actor, *, domain: Domain, name: str, permissions: Collection[str], description: str = ""
) -> Role:
    """Make a role that can be granted in a domain and below it.

    Raises:
        NotFound, PermissionDenied: the actor does not manage roles there, or would put in what it has not there.
        InvalidInput: the name is empty or taken, or the permissions are none, unknown, or of the whole cloud.
    """
    actor.require("roles.manage", domain)
    errors = _name_problem(name) | _permission_problem(permissions, domain)
    if errors:
        raise InvalidInput(errors)
    refuse_beyond(actor, permissions, domain, verb="put into a role")
    with transaction.atomic():
        role = insert_role(name=name.strip(), description=description, domain=domain, permissions=set(permissions))
        events.record(
            actor, "tenants.create_role", f"Role {role} created in {domain}.", resource=role,
            permissions=role.permissions,
        )  # fmt: skip
    return role


def clone_role(actor: Actor, *, role: Role, domain: Domain, name: str, description: str | None = None) -> Role:
    """Make a role of one's own with what another contains; of a built-in one, what means something in the domain.

    Raises: the refusals of `create_role`.
    """
    permissions = effective(role.permissions, at_root=domain.is_root)
    words = role.description if description is None else description
    return create_role(actor, domain=domain, name=name, permissions=permissions, description=words)


def update_role(actor: Actor, *, role: Role, **changes: Any) -> Role:
    """Change name, description or permissions. Whoever has the role has what is new at once, and no more what is not.

    Raises:
        NotFound, PermissionDenied: the actor does not manage roles in its domain, or has not all that the role
            contains now and would then.
        InvalidInput: the refusals of `create_role`.
        Conflict: it is built in.
    """
    domain = _own_domain(actor, role)
    errors = _name_problem(changes["name"]) if "name" in changes else {}
    if "permissions" in changes:
        changes["permissions"] = sorted(set(changes["permissions"]))
        errors |= _permission_problem(changes["permissions"], domain)
    if errors:
        raise InvalidInput(errors)
    with transaction.atomic():
        role = locked(role)
        before = role.permissions
        refuse_beyond(actor, {*before, *changes.get("permissions", ())}, domain, verb="change a role with")
        update(role, **changes)
        events.record(
            actor, "tenants.update_role", f"Role {role} of {domain} changed.", resource=role, fields=sorted(changes),
        )  # fmt: skip
        if "permissions" in changes:
            access_changed()
    return role


def delete_role(actor: Actor, *, role: Role, force: bool = False) -> None:
    """Delete a role; one that is granted only with `force`, which takes it from everybody who has it.

    Raises:
        NotFound, PermissionDenied: the actor does not manage roles in its domain, or has less than the role contains.
        Conflict: it is built in, or granted to somebody.
    """
    domain = _own_domain(actor, role)
    refuse_beyond(actor, role.permissions, domain, verb="delete a role with")
    with transaction.atomic():
        role = locked(role)
        held = Grant.objects.filter(role=role).count()
        if held and not force:
            raise Conflict(
                f"Role {role} is granted {held} time{'s' * (held != 1)}; revoke that first, or delete it with force.",
                grants=held,
            )
        events.record(
            actor, "tenants.delete_role", f"Role {role} of {domain} deleted.", resource=role, grants=held,
            permissions=role.permissions,
        )  # fmt: skip
        remove_role(role)
        access_changed()


def _own_domain(actor: Actor, role: Role) -> Domain:
    """The domain of a custom role that the actor may change."""
    if role.domain is None:
        raise Conflict(f"Role {role} is built in and stays as it is; clone it to have one that you can change.")
    actor.require("roles.manage", role.domain)
    return role.domain


def _name_problem(name: str) -> dict[str, str]:
    return {} if name.strip() else {"name": "A role needs a name."}


def _permission_problem(permissions: Collection[str], domain: Domain) -> dict[str, str]:
    unknown = sorted(set(permissions) - PERMISSIONS.keys())
    if unknown:
        return {"permissions": f"There is no permission “{unknown[0]}”; there are {', '.join(PERMISSIONS)}."}
    if not permissions:
        return {"permissions": "A role needs at least one permission."}
    of_the_cloud = sorted(OF_THE_CLOUD & set(permissions))
    if of_the_cloud and not domain.is_root:
        words = (
            f"“{PERMISSIONS[of_the_cloud[0]]}” holds for the whole cloud: only a role of the root domain can have it."
        )
        return {"permissions": words}
    return {}

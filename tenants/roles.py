"""Rows of roles, with what guardian knows them by."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import transaction

from cloudportal.core.models.base import next_id
from cloudportal.core.writing import insert
from tenants.models import Account, Domain, Role
from tenants.permissions import BUILT_IN


def insert_role(
    *, name: str, permissions: Iterable[str], description: str = "", domain: Domain | None = None,
    code: str | None = None,
) -> Role:  # fmt: skip
    """A role and its two permissions, in the caller's transaction.

    Raises:
        InvalidInput: a field is malformed, or the name is taken in the domain.
    """
    key = next_id(Role)
    on_domain, on_account = (
        Permission.objects.create(
            content_type=ContentType.objects.get_for_model(model), codename=f"role_{key}", name=f"Role {key}"
        )
        for model in (Domain, Account)
    )
    role = Role(pk=key, code=code, name=name, description=description, domain=domain, permissions=sorted(permissions))
    role.on_domain, role.on_account = on_domain, on_account
    return insert(role)


def remove_role(role: Role) -> None:
    """Delete a role, its permissions, and guardian's rows that grant them."""
    permissions = [role.on_domain_id, role.on_account_id]
    role.delete()
    Permission.objects.filter(pk__in=permissions).delete()


@transaction.atomic
def sync_built_in_roles() -> None:
    """Bring the rows of the built-in roles to what this version says they are. Changes nothing where they are it."""
    # Migrations may have given content types other ids than this process remembers.
    ContentType.objects.clear_cache()
    rows = {role.code: role for role in Role.objects.select_for_update().exclude(code=None)}
    for code, wanted in BUILT_IN.items():
        role, permissions = rows.get(code), sorted(wanted.permissions)
        if role is None:
            insert_role(code=code, name=wanted.name, description=wanted.description, permissions=permissions)
        elif (role.name, role.description, role.permissions) != (wanted.name, wanted.description, permissions):
            Role.objects.filter(pk=role.pk).update(
                name=wanted.name, description=wanted.description, permissions=permissions
            )

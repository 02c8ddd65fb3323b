"""Locks of tenancy, taken in this order: the tree, the root admins, a role, who is granted it, the place.

The tree's is a lock of the transaction without a row: whoever adds to the tree shares it, so that no path is read
while it is being rewritten; whoever moves or removes a branch has it alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from django.contrib.auth.models import Group as AuthGroup
from django.db import connection, models

from cloudportal.core.errors import Conflict, NotFound
from tenants.models import Group, Role, User
from tenants.standing import MAY_ACT

_TREE, _ROOT_ADMINS = 0x7EE1, 0x7EE2
R = TypeVar("R", bound=models.Model)

_ROOT_ADMIN_LEFT = f"""
SELECT 1 FROM tenants_domainuserobjectpermission g JOIN tenants_role r ON r.on_domain_id = g.permission_id
JOIN tenants_domain root ON root.id = g.content_object_id AND root.parent_id IS NULL
JOIN tenants_user u ON u.id = g.user_id
JOIN tenants_account a ON a.id = u.account_id JOIN tenants_domain d ON d.id = a.domain_id
WHERE r.code = 'root_admin' AND {MAY_ACT}
UNION ALL
SELECT 1 FROM tenants_domaingroupobjectpermission g JOIN tenants_role r ON r.on_domain_id = g.permission_id
JOIN tenants_domain root ON root.id = g.content_object_id AND root.parent_id IS NULL
JOIN tenants_user_groups m ON m.group_id = g.group_id JOIN tenants_user u ON u.id = m.user_id
JOIN tenants_account a ON a.id = u.account_id JOIN tenants_domain d ON d.id = a.domain_id
WHERE r.code = 'root_admin' AND {MAY_ACT}
LIMIT 1
"""  # noqa: S608 - constants of ours


def share_tree() -> None:
    """Let no branch be moved or removed until the transaction ends; any number may."""
    _lock("pg_advisory_xact_lock_shared", _TREE)


def lock_tree() -> None:
    """Have the tree alone until the transaction ends."""
    _lock("pg_advisory_xact_lock", _TREE)


@contextmanager
def keeping_a_root_admin() -> Iterator[None]:
    """Within: whatever takes rights from somebody. One root admin who may act is left, or nothing is done.

    Raises:
        Conflict: nobody would be.
    """
    _lock("pg_advisory_xact_lock", _ROOT_ADMINS)
    had_one = _has_root_admin()
    yield
    if had_one and not _has_root_admin():
        raise Conflict(
            "That would leave the cloud without a root admin who can sign in; grant the role to another first."
        )


def locked(row: R) -> R:
    """The row as it is now, and nobody else's to change until the transaction ends.

    Raises:
        NotFound: it is gone meanwhile.
    """
    # The model by its meta: the user of a request is a lazy object of another type.
    model: Any = row._meta.model
    found: R | None = model._default_manager.select_for_update(no_key=True, of=("self",)).filter(pk=row.pk).first()
    if found is None:
        raise NotFound
    return found


def lock_grant(role: Role, grantee: User | Group) -> Role:
    """Keep a role, and who is about to be granted it, from being deleted meanwhile; the role as it is now.

    Raises:
        NotFound: one of them is gone.
    """
    role = locked(role)
    if isinstance(grantee, Group):
        lock_members(grantee)
    else:
        locked(grantee)
    return role


def lock_roles(codes: Iterable[str]) -> None:
    """Keep several built-in roles as they are until the transaction ends, locked in one order."""
    list(Role.objects.select_for_update(no_key=True).filter(code__in=set(codes)).order_by("pk").values_list("pk"))


def lock_members(group: Group) -> None:
    """Keep a group, its members and its grants as they are until the transaction ends.

    Raises:
        NotFound: it is gone meanwhile.
    """
    if not AuthGroup.objects.select_for_update(no_key=True).filter(pk=group.auth_id).exists():
        raise NotFound


def _has_root_admin() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_ROOT_ADMIN_LEFT)
        return cursor.fetchone() is not None


def _lock(function: str, key: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s)", [key])

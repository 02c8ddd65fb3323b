"""Groups and their members."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.auth.models import Group as AuthGroup
from django.db import transaction

from cloudportal.core import events
from cloudportal.core.errors import InvalidInput, PermissionDenied
from cloudportal.core.writing import insert, update
from tenants.access import access_changed
from tenants.actor import Actor
from tenants.locks import keeping_a_root_admin, lock_members, locked, share_tree
from tenants.might import holds_all, reaches_of
from tenants.models import Domain, Group, User
from tenants.names import given_name


def create_group(actor: Actor, *, domain: Domain, name: str, description: str = "") -> Group:
    """Make an empty group of a domain.

    Raises:
        NotFound, PermissionDenied: the actor does not manage users there.
        InvalidInput: the name is empty or taken there.
    """
    actor.require("users.manage", domain)
    name = given_name("A group", name)
    with transaction.atomic():
        share_tree()
        auth = AuthGroup.objects.create(name=f"group-{uuid.uuid4()}")
        group = insert(Group(domain=domain, name=name, description=description, auth=auth))
        events.record(actor, "tenants.create_group", f"Group {group} created in {domain}.", resource=group)
    return group


def update_group(actor: Actor, *, group: Group, **changes: Any) -> Group:
    """Change name or description; the refusals of `create_group`."""
    actor.require("users.manage", group.domain, even_locked=True)
    if "name" in changes:
        changes["name"] = given_name("A group", changes["name"])
    with transaction.atomic():
        update(group, **changes)
        events.record(actor, "tenants.update_group", f"Group {group} changed.", resource=group, fields=sorted(changes))
    return group


def add_member(actor: Actor, *, group: Group, user: User) -> None:
    """Give a user all that the group has. Adding again changes nothing.

    Raises:
        NotFound, PermissionDenied: the actor does not manage users there, or has not all that the group has.
        InvalidInput: the user is not of the group's domain or one below it.
    """
    actor.require("users.manage", group.domain)
    _refuse_mightier(actor, group)
    with transaction.atomic():
        share_tree()
        lock_members(group)
        locked(user)
        group.domain.refresh_from_db()
        if not User.objects.filter(pk=user.pk, account__domain__path__startswith=group.domain.path).exists():
            raise InvalidInput({"user": f"{user} does not belong to domain {group.domain} or one below it."})
        if User.groups.through.objects.bulk_create(
            [User.groups.through(user_id=user.pk, group_id=group.auth_id)], ignore_conflicts=True
        ):
            events.record(
                actor, "tenants.add_member", f"{user} is now in group {group}.", resource=group,
                account_id=user.account_id, user=user.username,
            )  # fmt: skip
            access_changed(user)


def remove_member(actor: Actor, *, group: Group, user: User) -> None:
    """Take a user out of a group, with all that the group has. Removing who is not in it changes nothing.

    Raises:
        NotFound, PermissionDenied: the actor does not manage users there, or has not all that the group has.
        Conflict: it is what makes the last root admin one.
    """
    actor.require("users.manage", group.domain, even_locked=True)
    _refuse_mightier(actor, group)
    with transaction.atomic(), keeping_a_root_admin():
        if User.groups.through.objects.filter(user_id=user.pk, group_id=group.auth_id).delete()[0]:
            events.record(
                actor, "tenants.remove_member", f"{user} is no longer in group {group}.", resource=group,
                account_id=user.account_id, user=user.username,
            )  # fmt: skip
            access_changed(user)


def delete_group(actor: Actor, *, group: Group) -> None:
    """Delete a group with its grants; its members stay.

    Raises:
        NotFound, PermissionDenied: the actor does not manage users there, or has not all that the group has.
        Conflict: it is what makes the last root admin one.
    """
    actor.require("users.manage", group.domain, even_locked=True)
    _refuse_mightier(actor, group)
    with transaction.atomic(), keeping_a_root_admin():
        lock_members(group)
        events.record(actor, "tenants.delete_group", f"Group {group} of {group.domain} deleted.", resource=group)
        Group.objects.filter(pk=group.pk).delete()
        AuthGroup.objects.filter(pk=group.auth_id).delete()
        access_changed()


def _refuse_mightier(actor: Actor, group: Group) -> None:
    """Whoever puts people into a group gives them what it has."""
    if not holds_all(actor.reach, reaches_of(group)):
        raise PermissionDenied(f"You can't change group {group}, which may do more than you.")

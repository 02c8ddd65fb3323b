"""Members of projects: people and groups with a role on a project's account."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from cloudportal.core import events
from cloudportal.core.errors import Conflict, InvalidInput
from cloudportal.core.models import Event
from tenants.access import access_changed
from tenants.acting import refuse_narrowed_keys
from tenants.actor import Actor
from tenants.locks import lock_grant
from tenants.might import refuse_beyond, refuse_mightier_at
from tenants.models import Grant, Project, Role
from tenants.services.grants import hold_place, role_at


def change_member_role(actor: Actor, *, member: Grant, role: Role | str) -> Grant:
    """Give a member another role in place of the one that they have.

    Raises:
        NotFound, PermissionDenied: the actor does not manage the project, has less than one of both roles, or less
            than the member has there.
        InvalidInput: there is no such role there, or the member has it too.
        Conflict: the membership is over, or the project is being removed.
    """
    account = member.place
    actor.require("projects.manage", account, even_locked=True)
    row = role_at(role, account)
    _refuse_mightier(actor, member)
    refuse_beyond(actor, row.permissions, account, verb="give")
    with transaction.atomic():
        row = lock_grant(row, member.grantee)
        refuse_beyond(actor, row.permissions, account, verb="give")
        hold_place(account)
        if row.pk == member.role_id:
            return member
        if Grant.objects.filter(role=row, user=member.user, group=member.group, account=member.account).exists():
            raise InvalidInput({"role": f"{member.grantee} is {row} already, beside {member.role}."})
        permission = row.permission_on(account)
        # The old role is part of the condition: of two that change it at once, one finds another member.
        if not member.row.filter(permission=member.role.on_account).update(permission=permission):
            raise Conflict(f"{member.grantee} is no longer {member.role} on {account}.")
        _record(
            actor, "tenants.change_member_role", member, f"{member.grantee} is {row} on {account} now.",
            before={"role": member.role.name}, after={"role": row.name},
        )  # fmt: skip
        access_changed(member.user)
    return Grant.objects.select_related("role", "user", "group", "account__domain").get(pk=member.pk)


def remove_member(actor: Actor, *, member: Grant) -> None:
    """Take a member out of a project, at once. Removing who is gone already changes nothing.

    Raises:
        NotFound, PermissionDenied: the actor does not manage the project, or may do less than the member there.
    """
    actor.require("projects.manage", member.place, even_locked=True)
    _refuse_mightier(actor, member)
    with transaction.atomic():
        _remove(actor, member, "tenants.remove_project_member")


def leave_project(actor: Actor, *, project: Project) -> None:
    """Give up all roles that the actor has on a project by themselves. Those on its owner, or above, stay.

    The last project admin may go too: whoever manages the owner's projects remains.

    Raises:
        PermissionDenied: the actor uses a key that is narrowed.
        Conflict: the actor has none.
    """
    refuse_narrowed_keys(actor)
    with transaction.atomic():
        rows = Grant.objects.filter(account=project.account_id, user=actor.user_id or 0)
        mine = list(rows.select_related("role", "user", "account__domain"))
        if not mine:
            raise Conflict(f"You have no role of your own on project {project}: you see it by one on something above.")
        for member in mine:
            _remove(actor, member, "tenants.leave_project")


def _remove(actor: Actor, member: Grant, action: str) -> None:
    if not member.row.delete()[0]:
        return
    _record(actor, action, member, f"{member.grantee} is no longer {member.role} on {member.place}.")
    access_changed(member.user)


def _refuse_mightier(actor: Actor, member: Grant) -> None:
    refuse_beyond(actor, member.role.permissions, member.place, verb="revoke")
    refuse_mightier_at(actor, member.grantee, member.place)


def _record(actor: Actor, action: str, member: Grant, words: str, **more: Any) -> Event:
    """In the project's trail: it is about who may do something there."""
    return events.record(
        actor, action, words, resource=member.grantee, account_id=member.account_id, role=member.role.name,
        on=str(member.place), **more,
    )  # fmt: skip

"""Users: who signs in."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from cloudportal.core import events
from cloudportal.core.differences import facts
from cloudportal.core.errors import Conflict, InvalidInput
from cloudportal.core.writing import check_fields, constraints_as_messages, update
from tenants.access import access_changed
from tenants.acting import refuse_secrets_of_others
from tenants.actor import Actor
from tenants.locks import keeping_a_root_admin, locked
from tenants.might import refuse_mightier
from tenants.models import Account, User
from tenants.names import refuse_project


def create_user(
    actor: Actor, *, account: Account, username: str, password: str, email: str = "",
    first_name: str = "", last_name: str = "",
) -> User:  # fmt: skip
    """Add somebody who can sign in. They may do nothing until a role is granted.

    Raises:
        NotFound, PermissionDenied: the actor does not manage the users of the account; or
            an operator acts for somebody.
        InvalidInput: the name is taken, the password too weak, or the account a project.
        AccountLocked, AccountDisabled, DomainSuspended: the account takes in nobody.
    """
    refuse_secrets_of_others()
    actor.require("users.manage", account)
    fields = {"username": username, "email": email, "first_name": first_name, "last_name": last_name}
    check_fields(User(**fields), only=set(fields))
    refuse_project(account, "account", "Nobody belongs to a project: invite people into it.")
    _check_password(password, User(account=account, **fields))
    with transaction.atomic():
        with constraints_as_messages(User):
            user = User.objects.create_user(account=account, password=password, **fields)
        events.record(actor, "tenants.create_user", f"User {user} created.", resource=user, account_id=account.pk)
    return user


def update_user(actor: Actor, *, user: User, **changes: Any) -> User:
    """Change user name, names or e-mail address.

    Raises:
        NotFound, PermissionDenied: the actor does not manage the users of the account, or may do less than the user:
            a forgotten password is sent to the address. Or it would be the address, and an operator acts for somebody.
        InvalidInput: the name is taken, or the address malformed.
    """
    if "email" in changes:
        refuse_secrets_of_others()
    _manage(actor, user, to="change")
    with transaction.atomic():
        update(user, **changes)
        events.record(actor, "tenants.update_user", f"User {user} changed.", resource=user, fields=sorted(changes))
    return user


def set_password(actor: Actor, *, user: User, password: str) -> User:
    """Give a user another password; all their sessions end.

    Raises:
        NotFound, PermissionDenied: the actor does not manage the users of the account, or may do less than the user.
        InvalidInput: the password is too weak.
    """
    refuse_secrets_of_others()
    _manage(actor, user, to="set the password of")
    _check_password(password, user)
    with transaction.atomic():
        user.set_password(password)
        user.save(update_fields=["password"])
        events.record(actor, "tenants.set_password", f"Password of {user} set.", resource=user)
        access_changed(user)
    return user


def enable_user(actor: Actor, *, user: User) -> User:
    """Let a user sign in again; the refusals of `update_user`."""
    _manage(actor, user, to="enable")
    with transaction.atomic():
        if User.objects.filter(pk=user.pk, is_active=False).update(is_active=True):
            events.record(actor, "tenants.enable_user", f"User {user} enabled.", resource=user)
    user.refresh_from_db()
    return user


def disable_user(actor: Actor, *, user: User) -> User:
    """Keep a user out: sessions end, keys are refused. What they were granted waits for them.

    Raises:
        NotFound, PermissionDenied: the actor does not manage the users of the account, or may do less than the user.
        Conflict: it is the actor, or the last root admin.
    """
    _manage(actor, user, to="disable")
    _refuse_oneself(actor, user, "disable")
    with transaction.atomic(), keeping_a_root_admin():
        if User.objects.filter(pk=user.pk, is_active=True).update(is_active=False):
            events.record(actor, "tenants.disable_user", f"User {user} disabled.", resource=user)
            access_changed(user)
    user.refresh_from_db()
    return user


def delete_user(actor: Actor, *, user: User) -> None:
    """Remove a user with their grants and keys. The trail keeps the name.

    Raises: the refusals of `disable_user`.
    """
    _manage(actor, user, to="delete")
    _refuse_oneself(actor, user, "delete")
    with transaction.atomic(), keeping_a_root_admin():
        locked(user)
        events.record(
            actor,
            "tenants.delete_user",
            f"User {user} deleted.",
            resource=user,
            before=facts(user, only=("username", "account")),
        )
        access_changed(user)
        User.objects.filter(pk=user.pk).delete()


def _manage(actor: Actor, user: User, *, to: str) -> None:
    actor.require("users.manage", user.account, even_locked=True)
    refuse_mightier(actor, user, to=to)


def _refuse_oneself(actor: Actor, user: User, verb: str) -> None:
    if actor.user_id == user.pk:
        raise Conflict(f"You can't {verb} yourself; another administrator can.")


def _check_password(password: str, user: User) -> None:
    """The rules of the user's domain, which count for whoever sets it."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise InvalidInput({"password": error.messages}) from error

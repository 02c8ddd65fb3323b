"""Accounts and their users."""

from __future__ import annotations

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from cloudportal.core import events
from cloudportal.core.errors import InvalidInput
from cloudportal.core.writing import check_fields, constraints_as_messages, insert
from tenants.acting import refuse_secrets_of_others
from tenants.actor import Actor
from tenants.models import Account, Domain, User


def create_account(actor: Actor, *, domain: Domain, name: str) -> Account:
    """Add an account to a domain.

    Raises:
        NotFound, PermissionDenied: the actor does not manage the tenancy of the domain.
        InvalidInput: the name is empty or taken there.
    """
    actor.require("tenancy.manage", Account(domain=domain, name=name))
    if not name.strip():
        raise InvalidInput({"name": "An account needs a name."})
    with transaction.atomic():
        account = insert(Account(domain=domain, name=name))
        events.record(
            actor, "tenants.create_account", f"Account {account} created.", resource=account, account_id=account.pk
        )
    return account


def create_user(actor: Actor, *, account: Account, username: str, password: str, email: str = "") -> User:
    """Add somebody who can sign in. They may do nothing until a role is granted.

    Raises:
        NotFound, PermissionDenied: the actor does not manage the tenancy of the account.
        InvalidInput: the name is taken, or the password too weak.
    """
    refuse_secrets_of_others()
    actor.require("tenancy.manage", account)
    check_fields(User(username=username, email=email), only={"username", "email"})
    try:
        validate_password(password)
    except ValidationError as error:
        raise InvalidInput({"password": error.messages}) from error
    with transaction.atomic():
        with constraints_as_messages(User):
            user = User.objects.create_user(username=username, email=email, password=password, account=account)
        events.record(actor, "tenants.create_user", f"User {user} created.", resource=user, account_id=account.pk)
    return user

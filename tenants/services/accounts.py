"""Accounts: create, rename, lock, disable, enable, delete.

What concerns an account as a whole is decided on its domain: a role on the account itself renames it and no more.
"""

from __future__ import annotations

from django.db import transaction

from cloudportal.core import events
from cloudportal.core.errors import Conflict, InvalidInput, PermissionDenied
from cloudportal.core.lifecycle import Move
from cloudportal.core.writing import insert, update
from cloudportal.jobs import services as jobs
from cloudportal.jobs.models import Job
from tenants.access import access_changed
from tenants.actor import Actor
from tenants.holdings import contents, in_words
from tenants.locks import keeping_a_root_admin, share_tree
from tenants.models import Account, Domain, User
from tenants.names import given_name
from tenants.standing import refuse_removal
from tenants.states import ACCOUNT
from tenants.workflows import DELETE_ACCOUNT, STOP_ACCOUNT


def create_account(actor: Actor, *, domain: Domain, name: str) -> Account:
    """Add an account to a domain.

    Raises:
        NotFound, PermissionDenied: the actor does not manage the tenancy of the domain.
        InvalidInput: the name is empty or taken there.
        Conflict: the domain is removed, or about to be.
    """
    actor.require("tenancy.manage", domain)
    name = given_name("An account", name)
    with transaction.atomic():
        share_tree()
        refuse_removal(domain)
        account = insert(Account(domain=domain, name=name))
        events.record(actor, "tenants.create_account", f"Account {account} created.", resource=account)
    return account


def rename_account(actor: Actor, *, account: Account, name: str) -> Account:
    """Give an account another name.

    Raises:
        NotFound, PermissionDenied: the actor does not manage the account.
        InvalidInput: the name is empty or taken there.
    """
    actor.require("tenancy.manage", account)
    name = given_name("An account", name)
    before = account.name
    with transaction.atomic():
        update(account, name=name)
        words = f"Account {before} is called {account} now."
        events.record(actor, "tenants.rename_account", words, resource=account)
    return account


def enable_account(actor: Actor, *, account: Account) -> Account:
    """Let an account do everything again; what was stopped stays stopped.

    Raises:
        NotFound, PermissionDenied: the actor does not manage the tenancy of the account's domain.
        Conflict: it is enabled already, or being removed.
    """
    return _set_state(actor, account, ACCOUNT.enable)


def lock_account(actor: Actor, *, account: Account) -> Account:
    """Keep an account from creating and changing; what runs keeps running, and can be stopped and deleted.

    Raises: the refusals of `enable_account`.
    """
    return _set_state(actor, account, ACCOUNT.lock)


def disable_account(actor: Actor, *, account: Account) -> Job:
    """Keep everybody of an account out, at once, and stop what it has running, by a job.

    Raises:
        NotFound, PermissionDenied: the actor does not manage the tenancy of the account's domain.
        Conflict: it is disabled already or being removed, a job of it is under way, it is the actor's own, or the
            last root admin's.
    """
    _refuse_own(actor, account, "disable")
    with transaction.atomic(), keeping_a_root_admin():
        _set_state(actor, account, ACCOUNT.disable)
        return jobs.start(actor, STOP_ACCOUNT, account)


def delete_account(actor: Actor, *, account: Account, confirm: str = "") -> Job:
    """Remove an account: an empty one at once, one that holds something with all of it, if `confirm` is its name.

    Raises:
        NotFound, PermissionDenied: the actor does not manage the tenancy of the account's domain.
        InvalidInput: the confirmation is not the account's name.
        Conflict: it holds something and nothing was confirmed, is being changed, is the actor's own, or the last root
            admin's.
    """
    _require_above(actor, account)
    _refuse_own(actor, account, "delete")
    refuse_unconfirmed(f"Account {account}", account.name, confirm, inside_account(account))
    with transaction.atomic(), keeping_a_root_admin():
        access_changed()
        return jobs.start(actor, DELETE_ACCOUNT, account)


def refuse_unconfirmed(what: str, name: str, confirm: str, inside: dict[str, int]) -> None:
    """Have the name of something typed before all that is in it goes.

    Raises:
        InvalidInput: another name was typed.
        Conflict: none was, and something is in it.
    """
    if confirm and confirm != name:
        raise InvalidInput({"confirm": f"That is not its name. Type “{name}” to delete it with everything in it."})
    if inside and not confirm:
        raise Conflict(
            f"{what} has {in_words(inside)}. Type its name to delete it with everything in it.", contents=inside
        )


def _set_state(actor: Actor, account: Account, move: Move) -> Account:
    _require_above(actor, account)
    with transaction.atomic():
        before = account.state
        move.begin(account)
        move.settle(account, succeeded=True)
        words = f"Account {account} is {account.state} now."
        events.record(
            actor, f"tenants.{move.name}_account", words, resource=account,
            before={"state": before}, after={"state": account.state},
        )  # fmt: skip
        jobs.announce_resource(account)
        access_changed()
    return account


def _require_above(actor: Actor, account: Account) -> None:
    actor.require("tenancy.view", account)
    if not actor.may("tenancy.manage", account.domain):
        raise PermissionDenied(f"That is decided on domain {account.domain}, by who manages it.")


def _refuse_own(actor: Actor, account: Account, verb: str) -> None:
    if actor.account_id == account.pk:
        raise Conflict(f"You can't {verb} the account that you belong to.")


def inside_account(account: Account) -> dict[str, int]:
    """What goes with an account: how many of each noun. For who may delete it."""
    users = User.objects.filter(account=account).count()
    return contents([account.pk]) | ({"users": users} if users else {})

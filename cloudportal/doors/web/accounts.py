"""For whom: a form's account, which only those choose who act for several."""

from __future__ import annotations

from django.db.models import QuerySet

from cloudportal.core.errors import NotFound
from tenants.actor import Actor
from tenants.models import Account


def accounts_to_choose(actor: Actor, permission: str) -> QuerySet[Account]:
    """The accounts that the actor may act for."""
    return actor.accounts(permission).order_by("name")


def own_account(actor: Actor, permission: str) -> Account:
    """The actor's own account if the permission holds there, else the first where it does.

    Raises:
        NotFound: it holds nowhere.
    """
    accounts = accounts_to_choose(actor, permission)
    own = accounts.filter(pk=actor.account_id).first() if actor.account_id else None
    found = own or accounts.first()
    if found is None:
        raise NotFound
    return found

"""For whom: a form's account, which only those choose who act for several."""

from __future__ import annotations

from django.db.models import QuerySet

from tenants.actor import Actor
from tenants.models import Account


def accounts_to_choose(actor: Actor, permission: str) -> QuerySet[Account]:
    """The accounts that the actor may act for."""
    return actor.accounts(permission).order_by("name")


def own_account(actor: Actor, permission: str) -> Account | None:
    """The actor's own account if the permission holds there, else the first where it does."""
    accounts = accounts_to_choose(actor, permission)
    return accounts.filter(pk=actor.account_id).first() or accounts.first()

"""Shares: a single thing of one account that another one sees and uses."""

from __future__ import annotations

from typing import Any

from django.db import models

from cloudportal.core.models import Noun
from tenants.models.account import Account
from tenants.models.user import User


class Share(Noun):
    """`resource` is what is shared: each table declares it, with the name `shares` for the way back.

    A share ends with the thing, and with either account. Indexes lead both ways: from the thing by the constraint,
    from the account by the index.
    """

    account = models.ForeignKey(Account, models.CASCADE, related_name="+", db_index=False)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"shared with {self.account}"


# The class of one of the tables: type checkers know neither manager nor `resource` of what is abstract.
ShareTable = Any


def shared_once(name: str) -> models.UniqueConstraint:
    """A thing is shared with an account or it is not."""
    words = "It is shared with that account already."
    return models.UniqueConstraint(fields=["resource", "account"], name=name, violation_error_message=words)


def shares_of_account(name: str) -> models.Index:
    """Finds what others share with an account, without reading the rows."""
    return models.Index(fields=["account", "resource"], name=name)


def share_tables() -> list[ShareTable]:
    """The tables of all nouns that can be shared."""
    return sorted(Share.__subclasses__(), key=lambda table: table._meta.label)

"""Accounts: the owners of everything that tenants have."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from cloudportal.core.lifecycle import StateField, state_is_known
from cloudportal.core.models import Noun
from tenants.models.domain import Domain
from tenants.states import ACCOUNT


class Account(Noun):
    """The owner of resources; its users share them. A removed one keeps its row, for its usage and its events."""

    lifecycle = ACCOUNT

    domain = models.ForeignKey(Domain, models.PROTECT, related_name="accounts")
    name = models.CharField(max_length=64)
    state = StateField(ACCOUNT, db_default=ACCOUNT.initial)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("name",)
        constraints = [
            state_is_known(ACCOUNT, "account_state_known"),
            models.UniqueConstraint(
                fields=["domain", "name"],
                condition=Q(removed_at=None),
                name="account_name_once_per_domain",
                violation_error_message="Another account of this domain has that name.",
            ),
        ]
        indexes = [models.Index(fields=["name", "id"], condition=Q(removed_at=None), name="account_by_name")]

    def __str__(self) -> str:
        return self.name

    @property
    def account_id(self) -> int:
        """An account's jobs and events are its own, as those of what it has are."""
        return self.pk

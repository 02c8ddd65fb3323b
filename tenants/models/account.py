"""Accounts: the owners of everything that tenants have."""

from __future__ import annotations

from django.db import models

from cloudportal.core.models import Noun
from tenants.models.domain import Domain
from tenants.permissions import AS_CHOICES


class Account(Noun):
    """The owner of resources; its users share them."""

    domain = models.ForeignKey(Domain, models.PROTECT, related_name="accounts")
    name = models.CharField(max_length=64)

    class Meta:
        ordering = ("name",)
        permissions = AS_CHOICES
        constraints = [
            models.UniqueConstraint(
                fields=["domain", "name"],
                name="account_name_once_per_domain",
                violation_error_message="Another account of this domain has that name.",
            )
        ]

    def __str__(self) -> str:
        return self.name

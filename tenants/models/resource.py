"""What a tenant owns."""

from __future__ import annotations

from django.db import models

from cloudportal.core.models import Noun
from tenants.models.account import Account
from tenants.models.tags import Tagged


class TenantResource(Tagged, Noun):
    """Every tenant resource has one owner, a name and tags."""

    account = models.ForeignKey(Account, models.PROTECT, related_name="+")
    name = models.CharField(max_length=63)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name

"""Which grants came from the groups of a provider: those are taken away again, and none that somebody made."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from tenants.models.grants import AccountUserObjectPermission, DomainUserObjectPermission
from tenants.models.identity_provider import IdentityProvider


class MappedGrant(models.Model):
    """A row of guardian's that a provider's mapping made. It goes with the grant, and with the provider."""

    provider = models.ForeignKey(IdentityProvider, models.CASCADE, related_name="mapped_grants")
    on_domain = models.ForeignKey(DomainUserObjectPermission, models.CASCADE, null=True, related_name="+")
    on_account = models.ForeignKey(AccountUserObjectPermission, models.CASCADE, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(on_domain=None, on_account__isnull=False) | Q(on_domain__isnull=False, on_account=None),
                name="mapped_grant_is_on_one_place",
            ),
            models.UniqueConstraint(fields=["provider", "on_domain"], name="mapped_grant_once_per_domain"),
            models.UniqueConstraint(fields=["provider", "on_account"], name="mapped_grant_once_per_account"),
        ]

    def __str__(self) -> str:
        return f"{self.on_domain or self.on_account} by {self.provider}"

"""Public addresses of a zone, and who holds them."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from cloudportal.infrastructure.models import Zone
from network.models.network import Network
from tenants.models import Account, Counted


class PublicAddress(Counted, models.Model):
    """A row for every address of the zone's public ranges; free while no account holds it."""

    counts = {"public_addresses": 1}
    counted = Q(account__isnull=False)

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    zone = models.ForeignKey(Zone, models.PROTECT, related_name="public_addresses")
    address = models.GenericIPAddressField(protocol="IPv4")
    account = models.ForeignKey(Account, models.PROTECT, null=True, related_name="+")
    network = models.ForeignKey(Network, models.PROTECT, null=True, related_name="public_addresses")
    is_source_nat = models.BooleanField(default=False)
    price_per_hour = models.DecimalField(max_digits=20, decimal_places=8, default=0)

    class Meta:
        ordering = ("id",)
        verbose_name_plural = "public addresses"
        constraints = [
            models.UniqueConstraint(fields=["zone", "address"], name="public_address_once_per_zone"),
            models.UniqueConstraint(
                fields=["network"], condition=Q(is_source_nat=True), name="public_address_one_source_nat"
            ),
            models.CheckConstraint(
                condition=Q(network=None) | Q(account__isnull=False), name="public_address_in_use_has_owner"
            ),
        ]
        indexes = [models.Index(fields=["zone", "id"], condition=Q(account=None), name="public_address_free")]

    def __str__(self) -> str:
        return self.address

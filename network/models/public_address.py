"""Public addresses of a zone, and who holds them."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from cloudportal.infrastructure.models import Zone
from network.models.network import Network
from tenants.models import Account, Counted, Tagged, tags_are_good, tags_index


class PublicAddress(Counted, Tagged, models.Model):
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
            tags_are_good("public_address_tags_are_good"),
            models.UniqueConstraint(fields=["zone", "address"], name="public_address_once_per_zone"),
            models.UniqueConstraint(
                fields=["network"], condition=Q(is_source_nat=True), name="public_address_one_source_nat"
            ),
            # Whoever gets it next must not read what was written on it.
            models.CheckConstraint(
                condition=Q(account__isnull=False) | Q(tags={}), name="public_address_free_is_blank"
            ),
            models.CheckConstraint(
                condition=Q(network=None) | Q(account__isnull=False), name="public_address_in_use_has_owner"
            ),
        ]
        indexes = [
            models.Index(fields=["zone", "id"], condition=Q(account=None), name="public_address_free"),
            tags_index("public_address_tags"),
        ]

    def __str__(self) -> str:
        return self.address

"""What was held, from when until when."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q


class UsageInterval(models.Model):
    """One meter of one resource at one quantity and price: half open, ``[start, end)``, in UTC.

    The intervals of a meter form a chain. `end` is null for the one that goes on.
    """

    account_id = models.BigIntegerField()
    zone_id = models.BigIntegerField()
    resource_type = models.CharField(max_length=64)
    resource_uuid = models.UUIDField()
    resource_name = models.CharField(max_length=255)
    meter = models.CharField(max_length=32)
    unit = models.CharField(max_length=24)
    quantity = models.DecimalField(max_digits=24, decimal_places=6)
    price_per_hour = models.DecimalField(max_digits=20, decimal_places=8)
    start = models.DateTimeField()
    end = models.DateTimeField(null=True)

    class Meta:
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(
                fields=["resource_uuid", "meter"], condition=Q(end=None), name="usage_one_open_interval"
            ),
            models.UniqueConstraint(fields=["resource_uuid", "meter", "start"], name="usage_interval_starts_once"),
            models.CheckConstraint(condition=Q(end=None) | Q(end__gt=F("start")), name="usage_interval_not_empty"),
        ]
        indexes = [
            models.Index(fields=["account_id", "start"], name="usage_interval_of_account"),
            models.Index(fields=["end"], name="usage_interval_end"),
        ]

    def __str__(self) -> str:
        return f"{self.meter} of {self.resource_name} from {self.start}"

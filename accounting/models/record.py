"""What was held in each hour."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class UsageRecord(models.Model):
    """One meter of one resource in one closed hour, cut from its intervals. The key makes a second cut impossible.

    `unit_seconds` is quantity times seconds; `cost` is in settings.CURRENCY, unrounded.
    """

    account_id = models.BigIntegerField()
    zone_id = models.BigIntegerField()
    resource_type = models.CharField(max_length=64)
    resource_uuid = models.UUIDField()
    resource_name = models.CharField(max_length=255)
    meter = models.CharField(max_length=32)
    unit = models.CharField(max_length=24)
    hour = models.DateTimeField()
    seconds = models.DecimalField(max_digits=12, decimal_places=6)
    unit_seconds = models.DecimalField(max_digits=30, decimal_places=6)
    cost = models.DecimalField(max_digits=30, decimal_places=12)

    class Meta:
        ordering = ("hour", "id")
        constraints = [
            models.UniqueConstraint(fields=["resource_uuid", "meter", "hour"], name="usage_record_once_per_hour"),
            models.CheckConstraint(condition=Q(seconds__gt=0) & Q(seconds__lte=3600), name="usage_record_in_hour"),
        ]
        indexes = [
            models.Index(fields=["account_id", "hour", "id"], name="usage_record_of_account"),
            models.Index(fields=["hour", "id"], name="usage_record_of_hour"),
        ]

    def __str__(self) -> str:
        return f"{self.meter} of {self.resource_name} in {self.hour}"

"""The usage outbox: what changed in what a tenant holds. Accounting reads it; nobody above writes it."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models.functions import Now


class UsageEvent(models.Model):
    """The full state of one resource's meters from `at` on; no meters means that it is gone.

    Full state, not a difference: a lost or doubled event harms one interval at most.
    `meters` maps a meter to ``{"quantity": decimal, "unit": text, "price_per_hour": decimal}``, decimals as text.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    at = models.DateTimeField(db_default=Now())
    account_id = models.BigIntegerField()
    zone_id = models.BigIntegerField()
    resource_type = models.CharField(max_length=64)
    resource_uuid = models.UUIDField()
    resource_name = models.CharField(max_length=255)
    meters = models.JSONField()
    folded_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("id",)
        indexes = [
            models.Index(fields=["id"], condition=models.Q(folded_at=None), name="usage_event_waiting"),
            models.Index(fields=["resource_uuid", "id"], name="usage_event_of_resource"),
        ]

    def __str__(self) -> str:
        return f"{self.resource_type} {self.resource_name} {self.meters}"

"""The audit trail: written by services in the transaction of the change, never altered."""

from __future__ import annotations

import uuid

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models.functions import Now


class Event(models.Model):
    """Somebody did something to something. Account and user are plain ids, since core knows neither."""

    class Level(models.TextChoices):
        INFO = "info"
        WARNING = "warning"
        ERROR = "error"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    at = models.DateTimeField(db_default=Now())
    action = models.CharField(max_length=64)
    level = models.CharField(max_length=8, choices=Level.choices, default=Level.INFO)
    message = models.TextField()
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=150)
    account_id = models.BigIntegerField(null=True)
    resource_type = models.CharField(max_length=64, blank=True)
    resource_uuid = models.UUIDField(null=True)
    resource_name = models.CharField(max_length=255, blank=True)
    job_uuid = models.UUIDField(null=True)
    request_id = models.CharField(max_length=64, blank=True)
    details = models.JSONField(default=dict)

    class Meta:
        ordering = ("-id",)
        indexes = [
            models.Index(fields=["account_id", "-id"], name="event_of_account"),
            models.Index(fields=["resource_uuid", "-id"], name="event_of_resource"),
            BrinIndex(fields=["at"], autosummarize=True, name="event_at"),
        ]

    def __str__(self) -> str:
        return self.message

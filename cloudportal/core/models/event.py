"""The audit trail: written by services in the transaction of the change, never altered.

The database holds to that: a trigger refuses every UPDATE, and every DELETE outside of retention.
"""

from __future__ import annotations

import uuid

from django.contrib.postgres.indexes import BrinIndex
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class Event(models.Model):
    """Somebody did something to something. Account and user are plain ids, since core knows neither.

    `before` and `after` hold the fields that a change wrote. `started` is the outcome of what goes on as a job, whose
    end is an event of its own.
    """

    class Level(models.TextChoices):
        INFO = "info"
        WARNING = "warning"
        ERROR = "error"

    class Outcome(models.TextChoices):
        SUCCEEDED = "succeeded"
        STARTED = "started"
        REFUSED = "refused"
        FAILED = "failed"
        CANCELLED = "cancelled"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    at = models.DateTimeField(db_default=Now())
    action = models.CharField(max_length=64)
    level = models.CharField(max_length=8, choices=Level.choices, default=Level.INFO)
    outcome = models.CharField(
        max_length=10, choices=Outcome.choices, default=Outcome.SUCCEEDED, db_default="succeeded"
    )
    message = models.TextField()
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=150)
    on_behalf_of_id = models.BigIntegerField(null=True)
    on_behalf_of_name = models.CharField(max_length=150, blank=True, db_default="")
    account_id = models.BigIntegerField(null=True)
    resource_type = models.CharField(max_length=64, blank=True)
    resource_uuid = models.UUIDField(null=True)
    resource_name = models.CharField(max_length=255, blank=True)
    job_uuid = models.UUIDField(null=True)
    request_id = models.CharField(max_length=64, blank=True)
    address = models.CharField(max_length=45, blank=True, db_default="")
    key_id = models.CharField(max_length=32, blank=True, db_default="")
    session = models.CharField(max_length=16, blank=True, db_default="")
    before = models.JSONField(default=dict, db_default={}, encoder=DjangoJSONEncoder)
    after = models.JSONField(default=dict, db_default={}, encoder=DjangoJSONEncoder)
    details = models.JSONField(default=dict, encoder=DjangoJSONEncoder)

    class Meta:
        ordering = ("-id",)
        indexes = [
            models.Index(fields=["account_id", "-id"], name="event_of_account"),
            models.Index(fields=["resource_uuid", "-id"], name="event_of_resource"),
            models.Index(fields=["actor_name", "-id"], name="event_of_actor"),
            models.Index(
                fields=["on_behalf_of_name", "-id"], name="event_on_behalf", condition=~Q(on_behalf_of_name="")
            ),
            models.Index(
                fields=["action", "-id"], name="event_of_action", opclasses=["varchar_pattern_ops", "int8_ops"]
            ),
            models.Index(fields=["resource_type", "-id"], name="event_of_type"),
            models.Index(fields=["level", "-id"], name="event_of_level", condition=~Q(level="info")),
            models.Index(
                fields=["outcome", "-id"], name="event_of_outcome", condition=Q(outcome__in=["refused", "failed"])
            ),
            models.Index(fields=["actor_id", "-id"], name="event_refused", condition=Q(outcome="refused")),
            models.Index(fields=["key_id", "-id"], name="event_of_key", condition=~Q(key_id="")),
            models.Index(fields=["address", "-id"], name="event_of_address", condition=~Q(address="")),
            models.Index(fields=["job_uuid"], name="event_of_job", condition=Q(job_uuid__isnull=False)),
            # Rows lie in the order of time, so a block's first and last moment are all that a range needs.
            BrinIndex(fields=["at"], autosummarize=True, name="event_at"),
        ]

    def __str__(self) -> str:
        return self.message

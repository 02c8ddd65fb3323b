"""A job: one operation on one resource, kept until it is over whatever dies in between."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from cloudportal.core.models.base import Noun

ACTIVE = ("queued", "running", "waiting")
ENDED = ("succeeded", "failed", "cancelled")


class Job(Noun):
    """The truth about an operation; django-q2 delivers its id and nothing else.

    `direction` is ``do`` while the steps go forward and ``undo`` while they are taken back.
    `attempt` counts claims and is the fencing token: who holds an older one may not write any more.
    """

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        WAITING = "waiting"
        SUCCEEDED = "succeeded"
        FAILED = "failed"
        CANCELLED = "cancelled"

    class Direction(models.TextChoices):
        DO = "do"
        UNDO = "undo"

    kind = models.CharField(max_length=64)
    title = models.CharField(max_length=255)
    state = models.CharField(max_length=12, choices=State.choices, default=State.QUEUED)
    direction = models.CharField(max_length=4, choices=Direction.choices, default=Direction.DO)

    account_id = models.BigIntegerField(null=True)
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=150)
    resource_type = models.CharField(max_length=64, blank=True)
    resource_id = models.BigIntegerField(null=True)
    resource_uuid = models.UUIDField(null=True)
    resource_name = models.CharField(max_length=255, blank=True)
    parent = models.ForeignKey("self", models.SET_NULL, null=True, related_name="children")
    args = models.JSONField(default=dict)
    result = models.JSONField(default=dict)

    queue = models.CharField(max_length=64, default="default")
    priority = models.SmallIntegerField(default=0)
    attempt = models.PositiveIntegerField(default=0)
    crashes = models.PositiveIntegerField(default=0)
    run_after = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(db_default=Now())
    lease_owner = models.CharField(max_length=128, blank=True)
    lease_until = models.DateTimeField(null=True)
    cancel_requested = models.BooleanField(default=False)
    idempotency_key = models.CharField(max_length=128, null=True, unique=True)  # noqa: DJ001 - many jobs have none
    request_id = models.CharField(max_length=64, blank=True)
    # Where it was asked for, as `core.origin.Origin` writes it: the events of the job carry it.
    origin = models.JSONField(default=dict, db_default={})

    progress = models.PositiveSmallIntegerField(default=0)
    message = models.CharField(max_length=255, blank=True)
    error_code = models.CharField(max_length=64, blank=True)
    error = models.TextField(blank=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(
                fields=["resource_type", "resource_id"],
                condition=Q(state__in=ACTIVE) & Q(resource_id__isnull=False),
                name="job_one_per_resource",
            ),
            models.CheckConstraint(condition=Q(state__in=ACTIVE + ENDED), name="job_state_known"),
            models.CheckConstraint(condition=Q(progress__lte=100), name="job_progress_percent"),
        ]
        indexes = [
            models.Index(fields=["account_id", "-id"], name="job_of_account"),
            models.Index(fields=["resource_uuid", "-id"], name="job_of_resource"),
            BrinIndex(fields=["created_at"], autosummarize=True, name="job_created"),
            models.Index(fields=["state", "run_after"], condition=Q(state__in=ACTIVE), name="job_active"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_over(self) -> bool:
        return self.state in ENDED

    @property
    def resource(self) -> Any:
        """The row that the job is about, as the database has it now; None for a job without one, or when it is gone."""
        if not self.resource_type:
            return None
        return apps.get_model(self.resource_type)._default_manager.filter(pk=self.resource_id).first()

"""Alerts: what operators have to see to."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from cloudportal.core.lifecycle import Lifecycle, StateField, state_is_known
from cloudportal.core.models.base import Noun
from cloudportal.core.models.event import Event
from cloudportal.core.states import ALERT, UNRESOLVED


class Alert(Noun):
    """Something is wrong with something. Zone and user are plain ids, since core knows neither.

    `about` names what it is about within its kind: at most one alert of it is not resolved, whoever raises it and how
    often; `occurrences` counts that. `raised_at` is when it opened or grew worse: its level never falls while it lasts.
    """

    lifecycle: ClassVar[Lifecycle] = ALERT

    kind = models.CharField(max_length=48)
    about = models.CharField(max_length=160)
    level = models.CharField(max_length=8, choices=Event.Level.choices, default=Event.Level.WARNING)
    message = models.TextField()
    resource_type = models.CharField(max_length=64, blank=True)
    resource_uuid = models.UUIDField(null=True)
    resource_name = models.CharField(max_length=255, blank=True)
    zone_id = models.BigIntegerField(null=True)
    zone_name = models.CharField(max_length=64, blank=True)
    state = StateField(ALERT)
    occurrences = models.PositiveIntegerField(default=1)
    raised_at = models.DateTimeField(db_default=Now())
    last_seen_at = models.DateTimeField(db_default=Now())
    acknowledged_by_id = models.BigIntegerField(null=True)
    acknowledged_by = models.CharField(max_length=150, blank=True)
    acknowledged_at = models.DateTimeField(null=True)
    note = models.TextField(blank=True, max_length=1000)
    resolved_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        constraints = [
            state_is_known(ALERT, "alert_state_known"),
            models.UniqueConstraint(
                fields=["kind", "about"], condition=Q(state__in=UNRESOLVED), name="alert_once_until_resolved"
            ),
            models.CheckConstraint(
                condition=Q(state="Resolved", resolved_at__isnull=False)
                | Q(state__in=UNRESOLVED, resolved_at__isnull=True),
                name="alert_resolved_has_time",
            ),
        ]
        indexes = [
            models.Index(fields=["-id"], condition=Q(state__in=UNRESOLVED), name="alert_unresolved"),
            models.Index(fields=["resolved_at"], condition=Q(state="Resolved"), name="alert_resolved_at"),
        ]

    def __str__(self) -> str:
        return self.message[:255]

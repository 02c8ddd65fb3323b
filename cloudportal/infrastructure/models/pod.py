"""Pods: racks."""

from __future__ import annotations

from django.db import models

from cloudportal.core.models import Noun
from cloudportal.infrastructure.models.zone import Zone
from cloudportal.infrastructure.states import AllocationState


class Pod(Noun):
    """A rack of a zone."""

    zone = models.ForeignKey(Zone, models.PROTECT, related_name="pods")
    name = models.CharField(max_length=64)
    allocation_state = models.CharField(max_length=10, choices=AllocationState.choices, default=AllocationState.ENABLED)

    class Meta:
        ordering = ("name",)
        constraints = [models.UniqueConstraint(fields=["zone", "name"], name="pod_name_once_per_zone")]

    def __str__(self) -> str:
        return self.name

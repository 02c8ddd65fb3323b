"""Secondary storage."""

from __future__ import annotations

from django.db import models

from cloudportal.core.models import Noun
from cloudportal.infrastructure.models import Zone


class SecondaryStore(Noun):
    """Where the templates of a zone live: a directory that every worker of the zone sees."""

    zone = models.ForeignKey(Zone, models.PROTECT, related_name="secondary_stores")
    name = models.CharField(max_length=64)
    path = models.CharField(max_length=255)
    total_bytes = models.BigIntegerField(default=0)
    available_bytes = models.BigIntegerField(default=0)

    class Meta:
        ordering = ("name",)
        constraints = [models.UniqueConstraint(fields=["zone", "name"], name="secondary_name_once_per_zone")]

    def __str__(self) -> str:
        return self.name

"""What instances are offered, and for how much."""

from __future__ import annotations

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from cloudportal.core.models import Noun
from storage.models import DiskOffering


class ServiceOffering(Noun):
    """A size of instance. The price is for a running hour, in settings.CURRENCY."""

    name = models.CharField(max_length=64, unique=True)
    description = models.CharField(max_length=255, blank=True)
    cpus = models.PositiveIntegerField()
    memory_mib = models.PositiveIntegerField()
    root_disk = models.ForeignKey(DiskOffering, models.PROTECT, related_name="+")
    price_per_hour = models.DecimalField(max_digits=20, decimal_places=8, default=0, validators=[MinValueValidator(0)])
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ("memory_mib", "cpus", "name")
        constraints = [models.CheckConstraint(condition=Q(cpus__gt=0) & Q(memory_mib__gt=0), name="offering_has_size")]

    def __str__(self) -> str:
        return self.name

"""What disks are offered, and for how much."""

from __future__ import annotations

from django.core.validators import MinValueValidator
from django.db import models

from cloudportal.core.models import Noun


class DiskOffering(Noun):
    """A kind of disk. The price is in settings.CURRENCY."""

    name = models.CharField(max_length=64, unique=True)
    description = models.CharField(max_length=255, blank=True)
    price_per_gib_hour = models.DecimalField(
        max_digits=20, decimal_places=8, default=0, validators=[MinValueValidator(0)]
    )
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

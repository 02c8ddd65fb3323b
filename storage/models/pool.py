"""Primary storage."""

from __future__ import annotations

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q

from cloudportal.core.models import Noun
from cloudportal.core.secrets import EncryptedTextField
from cloudportal.infrastructure.models import Cluster, Zone
from cloudportal.infrastructure.states import AllocationState

AT_LEAST_ONE = MinValueValidator(1, "An overprovisioning factor is 1 or more.")


class StoragePool(Noun):
    """Where the volumes of a cluster live.

    `total_bytes` and `available_bytes` are what the device says; `capacity_bytes` is what may be promised of it,
    overprovisioning included; `allocated_bytes` is what is. The CHECK makes promising more impossible.
    """

    cluster = models.ForeignKey(Cluster, models.PROTECT, related_name="pools")
    zone = models.ForeignKey(Zone, models.PROTECT, related_name="pools")
    name = models.CharField(max_length=64)
    url = models.CharField(max_length=255)
    path = models.CharField(max_length=255)
    username = models.CharField(max_length=64, blank=True)
    password = EncryptedTextField(blank=True)
    allocation_state = models.CharField(max_length=10, choices=AllocationState.choices, default=AllocationState.ENABLED)
    overprovisioning = models.DecimalField(max_digits=5, decimal_places=2, default=2, validators=[AT_LEAST_ONE])
    total_bytes = models.BigIntegerField(default=0)
    available_bytes = models.BigIntegerField(default=0)
    capacity_bytes = models.BigIntegerField(default=0)
    allocated_bytes = models.BigIntegerField(default=0)
    # Above this share of the device in use nothing new is placed here, however much is promised.
    disable_threshold = models.DecimalField(max_digits=3, decimal_places=2, default="0.95")
    warn_threshold = models.DecimalField(max_digits=3, decimal_places=2, default="0.80")
    last_error = models.TextField(blank=True)
    checked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("name",)
        constraints = [
            models.UniqueConstraint(fields=["cluster", "name"], name="pool_name_once_per_cluster"),
            models.CheckConstraint(condition=Q(allocated_bytes__lte=F("capacity_bytes")), name="pool_not_oversold"),
            models.CheckConstraint(condition=Q(allocated_bytes__gte=0), name="pool_allocated_not_negative"),
            models.CheckConstraint(
                condition=Q(overprovisioning__gte=1),
                name="pool_overprovisioning_at_least_one",
                violation_error_message="An overprovisioning factor is 1 or more.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

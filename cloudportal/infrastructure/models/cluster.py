"""Clusters: hosts of one kind that share storage."""

from __future__ import annotations

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from cloudportal.core.models import Noun
from cloudportal.infrastructure.models.pod import Pod
from cloudportal.infrastructure.states import AllocationState

AT_LEAST_ONE = MinValueValidator(1, "An overcommit factor is 1 or more.")


class Cluster(Noun):
    """`cpu_overcommit` and `memory_overcommit` say how much of its hosts may be promised: 2.0 is twice."""

    class Hypervisor(models.TextChoices):
        KVM = "kvm", "KVM"
        SIMULATOR = "simulator", "Simulator"

    pod = models.ForeignKey(Pod, models.PROTECT, related_name="clusters")
    name = models.CharField(max_length=64)
    hypervisor = models.CharField(max_length=16, choices=Hypervisor.choices)
    cpu_overcommit = models.DecimalField(max_digits=5, decimal_places=2, default=1, validators=[AT_LEAST_ONE])
    memory_overcommit = models.DecimalField(max_digits=5, decimal_places=2, default=1, validators=[AT_LEAST_ONE])
    allocation_state = models.CharField(max_length=10, choices=AllocationState.choices, default=AllocationState.ENABLED)

    class Meta:
        ordering = ("name",)
        constraints = [
            models.UniqueConstraint(fields=["pod", "name"], name="cluster_name_once_per_pod"),
            models.CheckConstraint(
                condition=Q(cpu_overcommit__gte=1) & Q(memory_overcommit__gte=1),
                name="cluster_overcommit_at_least_one",
                violation_error_message="An overcommit factor is 1 or more.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

"""Hosts, and how much of them is promised."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from cloudportal.core.models import Noun
from cloudportal.core.secrets import EncryptedTextField
from cloudportal.infrastructure.models.cluster import Cluster
from cloudportal.infrastructure.models.zone import Zone
from cloudportal.infrastructure.states import ConnectionState, ResourceState


class Host(Noun):
    """A hypervisor node.

    `cpus` and `memory_mib` are what it has; `cpu_capacity` and `memory_capacity_mib` what may be promised of it,
    overcommit included; `cpus_used` and `memory_used_mib` what is. The CHECK makes promising more impossible.
    `zone` repeats the cluster's, and `is_schedulable` sums up every state above and of the host, so that placement
    reads one partial index.
    """

    class VirtType(models.TextChoices):
        AUTO = "auto", "Find out by booting a probe"
        KVM = "kvm", "KVM"
        QEMU = "qemu", "Emulation"

    class Datapath(models.TextChoices):
        KERNEL = "kernel", "Kernel"
        NETDEV = "netdev", "User space"

    cluster = models.ForeignKey(Cluster, models.PROTECT, related_name="hosts")
    zone = models.ForeignKey(Zone, models.PROTECT, related_name="hosts")
    name = models.CharField(max_length=64)
    url = models.CharField(max_length=255, unique=True)
    username = models.CharField(max_length=64, blank=True)
    password = EncryptedTextField(blank=True)
    virt_type = models.CharField(max_length=4, choices=VirtType.choices, default=VirtType.AUTO)
    datapath = models.CharField(max_length=6, choices=Datapath.choices, default=Datapath.KERNEL)

    resource_state = models.CharField(max_length=12, choices=ResourceState.choices, default=ResourceState.ENABLED)
    connection_state = models.CharField(
        max_length=12, choices=ConnectionState.choices, default=ConnectionState.CONNECTING
    )
    is_schedulable = models.BooleanField(default=False)
    last_seen_at = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True)

    hypervisor_name = models.CharField(max_length=32, blank=True)
    hypervisor_version = models.CharField(max_length=32, blank=True)
    cpu_model = models.CharField(max_length=128, blank=True)
    found_virt_type = models.CharField(max_length=4, blank=True)

    cpus = models.PositiveIntegerField(default=0)
    memory_mib = models.PositiveBigIntegerField(default=0)
    cpu_capacity = models.PositiveIntegerField(default=0)
    memory_capacity_mib = models.PositiveBigIntegerField(default=0)
    cpus_used = models.PositiveIntegerField(default=0)
    memory_used_mib = models.PositiveBigIntegerField(default=0)
    memory_free_mib = models.GeneratedField(
        expression=F("memory_capacity_mib") - F("memory_used_mib"),
        output_field=models.BigIntegerField(),
        db_persist=True,
    )

    class Meta:
        ordering = ("name",)
        constraints = [
            models.UniqueConstraint(fields=["cluster", "name"], name="host_name_once_per_cluster"),
            models.CheckConstraint(condition=Q(cpus_used__lte=F("cpu_capacity")), name="host_cpus_not_oversold"),
            models.CheckConstraint(
                condition=Q(memory_used_mib__lte=F("memory_capacity_mib")), name="host_memory_not_oversold"
            ),
        ]
        indexes = [
            models.Index(
                fields=["zone", "-memory_free_mib"], condition=Q(is_schedulable=True), name="host_by_free_memory"
            ),
            models.Index(fields=["last_seen_at"], name="host_last_seen"),
            models.Index(fields=["name", "id"], name="host_by_name"),
        ]

    def __str__(self) -> str:
        return self.name

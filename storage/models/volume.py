"""Volumes: virtual disks."""

from __future__ import annotations

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q

from cloudportal.core.lifecycle import StateField, state_is_known
from cloudportal.infrastructure.models import Zone
from storage.models.disk_offering import DiskOffering
from storage.models.pool import StoragePool
from storage.models.template import Template
from storage.states import VOLUME
from tenants.models import Counted, TenantResource, tags_are_good, tags_index


class Volume(Counted, TenantResource):
    """A virtual disk in one storage pool. It grows and never shrinks. Without a pool it holds no room."""

    lifecycle = VOLUME
    counts = {"volumes": 1, "primary_bytes": "size_bytes"}
    counted = Q(removed_at=None)
    hidden_from_trail = ("pool",)

    class Kind(models.TextChoices):
        ROOT = "root", "Root"
        DATA = "data", "Data"

    zone = models.ForeignKey(Zone, models.PROTECT, related_name="volumes")
    pool = models.ForeignKey(StoragePool, models.PROTECT, null=True, related_name="volumes")
    offering = models.ForeignKey(DiskOffering, models.PROTECT, related_name="volumes")
    template = models.ForeignKey(Template, models.PROTECT, null=True, related_name="volumes")
    kind = models.CharField(max_length=4, choices=Kind.choices)
    size_bytes = models.BigIntegerField()
    state = StateField(VOLUME)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        constraints = [
            tags_are_good("volume_tags_are_good"),
            state_is_known(VOLUME, "volume_state_known"),
            models.CheckConstraint(condition=Q(size_bytes__gt=0), name="volume_has_size"),
            models.CheckConstraint(condition=Q(removed_at=None) | Q(pool=None), name="volume_removed_holds_no_room"),
            models.UniqueConstraint(
                fields=["account", "name"],
                condition=Q(removed_at=None),
                name="volume_name_once_per_account",
                violation_error_message="Another volume of this account has that name.",
            ),
        ]
        indexes = [
            models.Index(fields=["account", "-id"], condition=Q(removed_at=None), name="volume_of_account"),
            models.Index(fields=["name", "id"], condition=Q(removed_at=None), name="volume_by_name"),
            models.Index(fields=["size_bytes", "id"], condition=Q(removed_at=None), name="volume_by_size"),
            BrinIndex(fields=["created_at"], autosummarize=True, name="volume_created"),
            tags_index("volume_tags"),
        ]

"""Templates: disk images that instances start from."""

from __future__ import annotations

from django.contrib.postgres.indexes import BrinIndex
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from cloudportal.core.lifecycle import StateField, state_is_known
from storage.models.secondary_store import SecondaryStore
from storage.states import TEMPLATE
from tenants.models import CountedUntilGivenUp, TenantResource, removed_is_not_counted, tags_are_good, tags_index


class Template(CountedUntilGivenUp, TenantResource):
    """`size_bytes` is the size of the disk, `file_bytes` the length of the file; both are 0 until it is there.

    `checksum` is ``sha256:…`` of the file: what the tenant said it must be, and what it was found to be.
    """

    lifecycle = TEMPLATE
    counts = {"templates": 1, "secondary_bytes": "file_bytes"}
    hidden_from_trail = ("store",)

    class Format(models.TextChoices):
        QCOW2 = "qcow2"
        RAW = "raw"

    store = models.ForeignKey(SecondaryStore, models.PROTECT, related_name="templates")
    os_type = models.CharField(max_length=64, default="Linux")
    format = models.CharField(max_length=5, choices=Format.choices, default=Format.QCOW2)
    source_url = models.CharField(max_length=1024, blank=True)
    checksum = models.CharField(max_length=80, blank=True)
    size_bytes = models.BigIntegerField(default=0)
    file_bytes = models.BigIntegerField(default=0)
    is_public = models.BooleanField(default=False)
    state = StateField(TEMPLATE)
    price_per_gib_hour = models.DecimalField(
        max_digits=20, decimal_places=8, default=0, validators=[MinValueValidator(0)]
    )
    removed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        constraints = [
            tags_are_good("template_tags_are_good"),
            state_is_known(TEMPLATE, "template_state_known"),
            removed_is_not_counted("template_removed_is_not_counted"),
            models.UniqueConstraint(
                fields=["account", "name"],
                condition=Q(removed_at=None),
                name="template_name_once_per_account",
                violation_error_message="Another template of this account has that name.",
            ),
        ]
        indexes = [
            models.Index(fields=["account", "-id"], condition=Q(removed_at=None), name="template_of_account"),
            models.Index(fields=["name", "id"], condition=Q(removed_at=None), name="template_by_name"),
            models.Index(fields=["-id"], condition=Q(removed_at=None, is_public=True), name="template_for_everybody"),
            BrinIndex(fields=["created_at"], autosummarize=True, name="template_created"),
            tags_index("template_tags"),
        ]

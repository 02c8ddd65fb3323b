"""The tree of domains."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from cloudportal.core.models import Noun
from tenants.permissions import AS_CHOICES


class Domain(Noun):
    """A branch of the organisation. `path` holds the ids from the root, ``/1/7/``, so a subtree is a prefix."""

    name = models.CharField(max_length=64)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    path = models.CharField(max_length=255, unique=True)
    # Whether everybody below signs in with a second factor.
    mfa_required = models.BooleanField(default=False, db_default=False)

    class Meta:
        ordering = ("path",)
        permissions = AS_CHOICES
        constraints = [
            models.UniqueConstraint(
                fields=["parent", "name"],
                name="domain_name_once_per_parent",
                violation_error_message="Another domain there has that name.",
            ),
            models.UniqueConstraint(fields=["name"], condition=Q(parent=None), name="domain_root_name_once"),
        ]
        indexes = [models.Index(fields=["path"], name="domain_path_prefix", opclasses=["varchar_pattern_ops"])]

    def __str__(self) -> str:
        return self.name

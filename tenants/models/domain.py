"""The tree of domains."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from cloudportal.core.lifecycle import StateField, state_is_known
from cloudportal.core.models import Noun
from tenants.states import DOMAIN

LONGEST_PATH = 255


class Domain(Noun):
    """A branch of the organisation. `path` holds the ids from the root, ``/1/7/``, so a subtree is a prefix.

    A removed domain keeps its row, so that usage and events of its accounts still say where they were.
    """

    lifecycle = DOMAIN

    name = models.CharField(max_length=64)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    path = models.CharField(max_length=LONGEST_PATH, unique=True)
    state = StateField(DOMAIN, db_default=DOMAIN.initial)
    removed_at = models.DateTimeField(null=True)
    # Whether everybody below signs in with a second factor.
    mfa_required = models.BooleanField(default=False, db_default=False)

    class Meta:
        ordering = ("path",)
        constraints = [
            state_is_known(DOMAIN, "domain_state_known"),
            models.UniqueConstraint(
                fields=["parent", "name"],
                condition=Q(removed_at=None),
                name="domain_name_once_per_parent",
                violation_error_message="Another domain there has that name.",
            ),
            models.UniqueConstraint(fields=["name"], condition=Q(parent=None), name="domain_root_name_once"),
        ]
        indexes = [models.Index(fields=["path"], name="domain_path_prefix", opclasses=["varchar_pattern_ops"])]

    def __str__(self) -> str:
        return self.name

    @property
    def is_root(self) -> bool:
        return self.parent_id is None

    @property
    def line(self) -> list[int]:
        """The ids from the root down to the domain itself."""
        return ids_of(self.path)

    def holds(self, path: str) -> bool:
        """Whether a path is the domain's own or below it."""
        return path.startswith(self.path)


def ids_of(path: str) -> list[int]:
    """The ids that a path is made of, from the root down."""
    return [int(part) for part in path.split("/") if part]

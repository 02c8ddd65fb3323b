"""Projects: accounts that several users share."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from cloudportal.core.models import Noun
from tenants.models.account import Account
from tenants.models.limit import Counted
from tenants.models.tags import Tagged, tags_are_good, tags_index
from tenants.states import PROJECT, PROJECT_STATES


class Project(Counted, Tagged, Noun):
    """What several users work on together. It belongs to the account `owner`, and counts against its limit.

    What is made in it belongs to `account`, which is the project's own: limits, usage, roles and states are those of
    accounts. Both have the same `uuid`, so that a project's id is taken wherever an account's is. Triggers of the
    database see to it that no user belongs to a project, that a project owns none, and that both are of one domain.
    """

    lifecycle = PROJECT
    counts = {"projects": 1}
    counted = Q(removed_at=None)
    counted_for = "owner"
    # Who may write tags on it.
    managed_by = "projects.manage"

    account = models.OneToOneField(Account, models.PROTECT, related_name="project")
    owner = models.ForeignKey(Account, models.PROTECT, related_name="projects", db_index=False)
    description = models.CharField(max_length=255, blank=True)
    removed_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(condition=~Q(account=F("owner")), name="project_is_not_its_owner"),
            tags_are_good("project_tags_are_good"),
        ]
        indexes = [
            # Every request asks which projects of an account are reached: by this alone.
            models.Index(fields=["owner"], include=["account"], condition=Q(removed_at=None), name="project_of_owner"),
            tags_index("project_tags"),
        ]

    def __str__(self) -> str:
        return self.account.name

    @property
    def name(self) -> str:
        return self.account.name

    @property
    def state(self) -> str:
        return PROJECT_STATES[self.account.state]

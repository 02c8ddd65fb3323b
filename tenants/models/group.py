"""Groups: several users who are granted something together."""

from __future__ import annotations

from django.contrib.auth.models import Group as AuthGroup
from django.db import models

from cloudportal.core.models import Noun
from tenants.models.domain import Domain


class Group(Noun):
    """Users of one domain and what is below it. Membership is `User.groups`, and `auth` is what guardian grants to."""

    domain = models.ForeignKey(Domain, models.PROTECT, related_name="groups")
    name = models.CharField(max_length=64)
    description = models.CharField(max_length=255, blank=True)
    auth = models.OneToOneField(AuthGroup, models.PROTECT, related_name="portal")

    class Meta:
        ordering = ("name",)
        constraints = [
            models.UniqueConstraint(
                fields=["domain", "name"],
                name="group_name_once_per_domain",
                violation_error_message="Another group of this domain has that name.",
            )
        ]

    def __str__(self) -> str:
        return self.name

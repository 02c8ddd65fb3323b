"""Roles: named sets of permissions."""

from __future__ import annotations

from django.contrib.auth.models import Permission
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from cloudportal.core.models import Noun
from tenants.models.domain import Domain


class Role(Noun):
    """What whoever has it may do. Read afresh at every request, so that a change counts at once.

    A built-in role has a `code` and belongs to the whole cloud; a custom one belongs to a domain, and is seen there
    and below. django-guardian knows a role by two permissions, one for the content type of each place it is granted
    on: a grant is then a single row of guardian's, and nothing is copied.
    """

    code = models.CharField(max_length=32, null=True, unique=True, editable=False)  # noqa: DJ001 - custom ones have none
    name = models.CharField(max_length=64)
    description = models.CharField(max_length=255, blank=True)
    domain = models.ForeignKey(Domain, models.PROTECT, null=True, related_name="roles")
    permissions = ArrayField(models.CharField(max_length=64))
    on_domain = models.OneToOneField(Permission, models.PROTECT, related_name="+")
    on_account = models.OneToOneField(Permission, models.PROTECT, related_name="+")

    class Meta:
        ordering = ("name",)
        constraints = [
            models.UniqueConstraint(
                fields=["domain", "name"],
                name="role_name_once_per_domain",
                violation_error_message="Another role of this domain has that name.",
            ),
            models.CheckConstraint(
                condition=Q(code=None, domain__isnull=False) | Q(code__isnull=False, domain=None),
                name="role_built_in_or_of_a_domain",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_built_in(self) -> bool:
        return self.code is not None

    def permission_on(self, place: models.Model) -> Permission:
        """What guardian is told to grant on a place."""
        return self.on_domain if isinstance(place, Domain) else self.on_account

"""Limits, and the counters that they are held against."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from django.db import models
from django.db.models import Q

from tenants.models.account import Account
from tenants.models.domain import Domain


class Limit(models.Model):
    """How much of one resource an owner may have, and how much it has; both in the unit of `tenants.resources`.

    An account has a row once it used something: `maximum` is null as long as the default holds for it, and -1 where
    it is unlimited. A domain has a row only while it is limited; `used` is the sum of its accounts then.
    """

    account = models.ForeignKey(Account, models.CASCADE, null=True, related_name="limits", db_index=False)
    domain = models.ForeignKey(Domain, models.CASCADE, null=True, related_name="limits", db_index=False)
    resource = models.CharField(max_length=24)
    maximum = models.BigIntegerField(null=True)
    used = models.BigIntegerField(default=0)

    class Meta:
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(fields=["account", "resource"], name="limit_once_per_account"),
            models.UniqueConstraint(fields=["domain", "resource"], name="limit_once_per_domain"),
            models.CheckConstraint(
                condition=Q(account=None, domain__isnull=False) | Q(account__isnull=False, domain=None),
                name="limit_has_one_owner",
            ),
            models.CheckConstraint(condition=Q(used__gte=0), name="limit_used_not_negative"),
            models.CheckConstraint(
                condition=Q(account__isnull=False, maximum=None) | Q(maximum__gte=-1), name="limit_maximum_known"
            ),
            models.CheckConstraint(
                condition=Q(domain=None) | Q(maximum__gte=0, maximum__isnull=False), name="limit_of_domain_limits"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.resource} of {self.account or self.domain}"


class Counted:
    """A mixin of models whose rows count against limits; the recount reads nothing but what stands here.

    `counts` maps a resource to a number, or to the field of the row that holds it; `counted` says which rows count.
    The owner is the model's `account`, or what `counted_for` names instead.
    """

    counts: ClassVar[Mapping[str, int | str]]
    counted: ClassVar[Q]
    counted_for: ClassVar[str] = "account"


class CountedUntilGivenUp(Counted, models.Model):
    """A row that may stop counting before it is removed: when the job that should have made the thing gave up."""

    counted = Q(is_counted=True)

    is_counted = models.BooleanField(default=True, db_default=True, editable=False)

    class Meta:
        abstract = True


def removed_is_not_counted(name: str) -> models.CheckConstraint:
    """Removing a row without giving back what it counted for is impossible."""
    return models.CheckConstraint(condition=Q(removed_at=None) | Q(is_counted=False), name=name)

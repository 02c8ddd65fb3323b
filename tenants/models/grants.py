"""Grants, as django-guardian keeps them: with direct foreign keys, on domains and accounts alone.

One row for each machine would cost a second a list at a million machines; a grant on the owner costs milliseconds.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from tenants.models.account import Account
from tenants.models.domain import Domain
from tenants.models.group import Group
from tenants.models.known import Known
from tenants.models.role import Role
from tenants.models.user import User


class DomainUserObjectPermission(UserObjectPermissionBase, Known):
    content_object = models.ForeignKey(Domain, models.CASCADE)


class DomainGroupObjectPermission(GroupObjectPermissionBase, Known):
    content_object = models.ForeignKey(Domain, models.CASCADE)


class AccountUserObjectPermission(UserObjectPermissionBase, Known):
    content_object = models.ForeignKey(Account, models.CASCADE)


class AccountGroupObjectPermission(GroupObjectPermissionBase, Known):
    content_object = models.ForeignKey(Account, models.CASCADE)


# In the order of the view: a grant's id is its row's id times their number, plus the place of its table here.
TABLES = (
    DomainUserObjectPermission,
    DomainGroupObjectPermission,
    AccountUserObjectPermission,
    AccountGroupObjectPermission,
)


def grant_id(table: type[models.Model], row_id: int) -> int:
    """The id of the grant that a row of guardian's is."""
    return row_id * len(TABLES) + [one.__name__ for one in TABLES].index(table.__name__)


class Grant(models.Model):
    """A role that somebody has on something: guardian's four tables seen as one, by a view of the database."""

    id = models.BigIntegerField(primary_key=True)
    uuid = models.UUIDField()
    created_at = models.DateTimeField()
    role = models.ForeignKey(Role, models.DO_NOTHING, related_name="grants", db_constraint=False)
    user = models.ForeignKey(User, models.DO_NOTHING, null=True, related_name="grants", db_constraint=False)
    group = models.ForeignKey(Group, models.DO_NOTHING, null=True, related_name="grants", db_constraint=False)
    domain = models.ForeignKey(Domain, models.DO_NOTHING, null=True, related_name="grants", db_constraint=False)
    account = models.ForeignKey(Account, models.DO_NOTHING, null=True, related_name="grants", db_constraint=False)

    class Meta:
        managed = False
        db_table = "tenants_grant"
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.role} for {self.grantee} on {self.place}"

    @property
    def grantee(self) -> User | Group:
        found = self.user or self.group
        assert found is not None  # noqa: S101 - the view has one of them in each row
        return found

    @property
    def place(self) -> Domain | Account:
        found = self.domain or self.account
        assert found is not None  # noqa: S101 - the view has one of them in each row
        return found

    @property
    def row(self) -> models.QuerySet[models.Model]:
        """The row of guardian's that the grant is."""
        return self.table._default_manager.filter(pk=self.row_id)

    @property
    def table(self) -> Any:
        return TABLES[self.pk % len(TABLES)]

    @property
    def row_id(self) -> int:
        return int(self.pk) // len(TABLES)

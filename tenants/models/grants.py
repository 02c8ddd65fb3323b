"""Grants, as django-guardian keeps them: with direct foreign keys, on domains and accounts alone.

One row for each machine would cost a second a list at a million machines; a grant on the owner costs milliseconds.
"""

from __future__ import annotations

from django.db import models
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from tenants.models.account import Account
from tenants.models.domain import Domain


class DomainUserObjectPermission(UserObjectPermissionBase):
    content_object = models.ForeignKey(Domain, models.CASCADE)


class DomainGroupObjectPermission(GroupObjectPermissionBase):
    content_object = models.ForeignKey(Domain, models.CASCADE)


class AccountUserObjectPermission(UserObjectPermissionBase):
    content_object = models.ForeignKey(Account, models.CASCADE)


class AccountGroupObjectPermission(GroupObjectPermissionBase):
    content_object = models.ForeignKey(Account, models.CASCADE)

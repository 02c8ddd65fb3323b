"""Users: who signs in."""

from __future__ import annotations

import uuid

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models.functions import Upper

from tenants.models.account import Account


class User(AbstractUser):
    """Somebody with a password, who belongs to one account."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    account = models.ForeignKey(Account, models.PROTECT, related_name="users")

    REQUIRED_FIELDS = ["account"]

    class Meta(AbstractUser.Meta):
        # People sign in by their address too, written with capitals or without.
        indexes = [models.Index(Upper("email"), name="user_by_email")]

    def __str__(self) -> str:
        return self.username

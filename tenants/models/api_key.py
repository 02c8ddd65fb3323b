"""Keys for scripts."""

from __future__ import annotations

from django.db import models

from cloudportal.core.models import Noun
from tenants.models.user import User


class ApiKey(Noun):
    """A secret that acts as its user. Only its hash is kept; with 256 random bits one round of SHA-256 is enough."""

    user = models.ForeignKey(User, models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=64)
    key_id = models.CharField(max_length=12, unique=True)
    secret_hash = models.CharField(max_length=64)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(
                fields=["user", "name"],
                name="api_key_name_once_per_user",
                violation_error_message="You have another key of that name.",
            )
        ]

    def __str__(self) -> str:
        return self.name

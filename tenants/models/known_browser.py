"""Where somebody has signed in from before."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from tenants.models.user import User

BROWSER_LENGTH = 200


class KnownBrowser(models.Model):
    """A browser at an address. Signing in from one that is not here sends a notice."""

    user = models.ForeignKey(User, models.CASCADE, related_name="known_browsers")
    address = models.CharField(max_length=45)
    browser = models.CharField(max_length=BROWSER_LENGTH)
    seen_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "address", "browser"], name="known_browser_once")]
        indexes = [models.Index(fields=["seen_at"], name="known_browser_seen")]

    def __str__(self) -> str:
        return f"{self.browser} at {self.address}"

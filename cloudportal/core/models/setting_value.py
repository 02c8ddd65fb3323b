"""Settings that somebody changed."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now


class SettingValue(models.Model):
    """What a setting is for a place and all below it. The whole cloud is the place without scope, with the key 0.

    Places are plain keys, since core knows neither zones nor accounts.
    """

    name = models.CharField(max_length=64)
    scope = models.CharField(max_length=16, blank=True)
    place_id = models.BigIntegerField(default=0)
    value = models.JSONField()
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ("name", "scope", "place_id")
        constraints = [models.UniqueConstraint(fields=["name", "scope", "place_id"], name="setting_once_per_place")]

    def __str__(self) -> str:
        return f"{self.name} {self.scope} {self.value}"

"""How many requests somebody may still make."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now


class RateBucket(models.Model):
    """A token bucket; `granted` is what the last taker got.

    The table is unlogged: it is written often, and full buckets after a crash harm nobody. It has no index but its
    key's, so that an update moves nothing.
    """

    name = models.CharField(max_length=80, primary_key=True)
    tokens = models.FloatField()
    granted = models.FloatField()
    at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.name

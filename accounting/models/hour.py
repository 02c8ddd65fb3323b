"""The hours that have been cut."""

from __future__ import annotations

from django.db import models


class UsageHour(models.Model):
    """An hour whose records are written; it commits together with them."""

    hour = models.DateTimeField(primary_key=True)

    def __str__(self) -> str:
        return self.hour.isoformat()

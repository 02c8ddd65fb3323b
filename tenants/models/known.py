"""What can be spoken of outside though others made its table."""

from __future__ import annotations

from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models.functions import Now


class Known(models.Model):
    """What guardian's rows lack to be spoken of: a name for the outside, and since when."""

    uuid = models.UUIDField(db_default=RandomUUID(), editable=False, unique=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        abstract = True

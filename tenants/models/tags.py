"""Tags: what people write on their things, in pairs of key and value."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Func, Value

MOST_TAGS = 50
LONGEST_KEY, LONGEST_VALUE = 128, 256
RESERVED = "cloudportal:"


class Tagged(models.Model):
    """A row with tags: an object of texts by texts."""

    tags = models.JSONField(default=dict, db_default=Value({}, models.JSONField()), blank=True)

    class Meta:
        abstract = True


def tags_are_good(name: str) -> models.CheckConstraint:
    """The numbers and lengths above hold, whoever writes; a function of the database sees to it."""
    condition = Func(F("tags"), function="tags_are_good", output_field=models.BooleanField())
    words = f"At most {MOST_TAGS} tags."
    return models.CheckConstraint(condition=condition, name=name, violation_error_message=words)


def tags_index(name: str) -> GinIndex:
    """Finds rows by a key (`?`) and by a key with its value (`@>`)."""
    return GinIndex(fields=["tags"], name=name)

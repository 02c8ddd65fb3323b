"""What every row of ours has."""

from __future__ import annotations

import uuid

from django.db import connection, models
from django.db.models.functions import Now


class Noun(models.Model):
    """A thing with a uuid for the outside and a bigint for the inside."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        abstract = True


def next_id(model: type[models.Model]) -> int:
    """The id that the model's next row would get: taken now, it is nobody else's."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id'))", [model._meta.db_table])
        return int(cursor.fetchone()[0])

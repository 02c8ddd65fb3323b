"""The outbox of events: which of them nobody outside has been told of yet."""

from __future__ import annotations

from django.db import models


class EventNotice(models.Model):
    """Written with its event, in one transaction, and deleted when the event was handed on.

    Ids of events alone would not do as a mark of how far one has read: a transaction that takes long commits a lower
    one later.
    """

    event_id = models.BigIntegerField(unique=True)

    class Meta:
        ordering = ("event_id",)

    def __str__(self) -> str:
        return str(self.event_id)

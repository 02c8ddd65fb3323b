"""The machines that work on jobs."""

from __future__ import annotations

from django.db import models


class WorkerNode(models.Model):
    """One supervised worker. `heard_at` is when any of its processes last ran something."""

    name = models.CharField(max_length=128, unique=True)
    queue = models.CharField(max_length=64)
    workers = models.PositiveSmallIntegerField()
    started_at = models.DateTimeField()
    beat_at = models.DateTimeField()
    heard_at = models.DateTimeField(null=True)
    restarts = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return self.name

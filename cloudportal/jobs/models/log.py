"""What happened in a job, line by line."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from cloudportal.jobs.models.job import Job


class JobLog(models.Model):
    """Appended, never altered."""

    class Level(models.TextChoices):
        """`ENGINE` is what an engine said, or which one it was: for operators alone."""

        INFO = "info"
        WARNING = "warning"
        ERROR = "error"
        ENGINE = "engine"

    job = models.ForeignKey(Job, models.CASCADE, related_name="log")
    at = models.DateTimeField(db_default=Now())
    level = models.CharField(max_length=8, default=Level.INFO)
    message = models.TextField()

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return self.message

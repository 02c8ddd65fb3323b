"""Reading jobs. What an actor may see is decided above, where actors are known; these take the answer."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from cloudportal.jobs.models import Job


def jobs(scope: Q) -> QuerySet[Job]:
    """Jobs within a scope, newest first, each with its steps."""
    return Job.objects.filter(scope).prefetch_related("steps")

"""Handing job ids to django-q2. Its ORM broker writes a row in our transaction: a true outbox."""

from __future__ import annotations

from django.conf import settings
from django.utils import timezone
from django_q.models import OrmQ
from django_q.tasks import async_task

from cloudportal.jobs.models import Job


def deliver(job: Job) -> None:
    """Bring the job to a worker once this transaction commits; more often does no harm."""
    # The default queue has no entry among the alternative clusters, and django-q2 wants one for every name it is given.
    cluster = None if job.queue == settings.JOB_QUEUE else job.queue
    async_task("cloudportal.jobs.engine.run", job.pk, cluster=cluster, task_name=str(job.uuid))


def send_canary(node: str) -> None:
    """A task whose only effect is that the node which runs it is known to be alive."""
    async_task("cloudportal.jobs.canary.sing", task_name=f"canary-{node}"[:100])


def broker_is_drained() -> bool:
    """Whether no delivery of our queue is waiting to be taken, by the node's clock, as the broker compares it."""
    return not OrmQ.objects.filter(key=settings.JOB_QUEUE, lock__lte=timezone.now()).exists()

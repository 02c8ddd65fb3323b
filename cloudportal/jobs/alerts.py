"""What operators are told about jobs and the machines that work on them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from cloudportal.core.alerts import Condition, Subject, check, declare, raise_alert
from cloudportal.core.clock import WallClock
from cloudportal.core.models import Event
from cloudportal.jobs.models import Job, WorkerNode
from cloudportal.jobs.workflow import WORKFLOWS

JOB_FAILED = declare(
    "job-failed",
    "Job failed",
    "Jobs of one kind fail: one alert for each kind, with a count. Refusals that are the tenant's own are left out.",
    lasts=False,
)
WORKER_SILENT = declare(
    "worker-silent", "Worker node silent", "A node that works on jobs has run nothing for five minutes."
)

# Whoever asked for it is told what was wrong with it; there is nothing to repair in the cloud.
OF_THE_TENANT = frozenset(
    {
        "invalid", "not-found", "permission-denied", "conflict", "limit-exceeded", "account-locked", "account-disabled",
        "domain-suspended", "user-disabled",
    }
)  # fmt: skip
# What is our defect even where the work is at its owner's own risk.
DEFECTS = frozenset({"internal", "worker-died", "abandoned"})
SILENCE = timedelta(minutes=5)
# A node that was killed and came back has another name; after that long nobody waits for the old one.
GIVEN_UP = timedelta(days=1)


def note_failure(job: Job, resource: Any) -> None:
    """Alert that a job failed, in the transaction that ends it, unless it is the fault of who asked for it."""
    if not concerns_operators(job):
        return
    workflow = WORKFLOWS.get(job.kind)
    zone = getattr(resource, "zone", None)
    subject = Subject(
        job.kind, job._meta.label_lower, job.uuid, job.title, getattr(zone, "pk", None), str(zone) if zone else ""
    )
    title = workflow.title if workflow else job.kind
    raise_alert(JOB_FAILED, subject, f"{title}: {job.title} failed. {job.error}")


def concerns_operators(job: Job) -> bool:
    """Whether a failed job is for operators to look at."""
    if job.error_code in DEFECTS or job.actor_id is None:
        return True
    workflow = WORKFLOWS.get(job.kind)
    return job.error_code not in OF_THE_TENANT and not (workflow is not None and workflow.at_own_risk)


@check(WORKER_SILENT)
def silent_nodes() -> Iterator[Condition]:
    """Nodes that ran nothing for minutes: what asks this runs on a node that does."""
    silent = WorkerNode.objects.filter(heard_at__lt=WallClock() - SILENCE, heard_at__gt=WallClock() - GIVEN_UP)
    for node in silent.order_by("name"):
        words = f"Worker node {node.name} has run nothing since {node.heard_at:%Y-%m-%d %H:%M:%S} UTC."
        yield Condition(Subject(node.name, name=node.name), words, Event.Level.ERROR)

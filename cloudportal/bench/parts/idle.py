"""How long a job lies before a worker takes it up, with nothing else to do."""

from __future__ import annotations

import random
import time

from cloudportal.bench.statistics import milliseconds, percentile
from cloudportal.jobs.models import Job
from compute.models import Instance
from compute.services.instances import reboot_instance
from tenants.actor import SYSTEM

LONGEST_SECONDS = 30
LOOK_SECONDS = 0.05


def measure_idle(*, jobs: int) -> dict[str, float]:
    """From the creation of a job to its start, by the database's clock, at moments that follow no poll's rhythm."""
    instance = Instance.objects.filter(state="Running").order_by("pk")[0]
    waits = []
    for _ in range(jobs):
        time.sleep(random.uniform(0.05, 0.3))  # noqa: S311 - a pause, not a secret
        job = _over(reboot_instance(SYSTEM, instance=instance))
        if job.started_at is None:
            raise RuntimeError(f"{job.title} never started")
        waits.append((job.started_at - job.created_at).total_seconds())
    return {"p50_ms": milliseconds(percentile(waits, 50)), "p99_ms": milliseconds(percentile(waits, 99))}


def _over(job: Job) -> Job:
    """Wait for the end by looking seldom, so that looking is not the work that is measured."""
    end = time.monotonic() + LONGEST_SECONDS
    while not job.is_over:
        if time.monotonic() > end:
            raise TimeoutError(f"{job.title} is {job.state} after {LONGEST_SECONDS} seconds")
        time.sleep(LOOK_SECONDS)
        job.refresh_from_db()
    return job

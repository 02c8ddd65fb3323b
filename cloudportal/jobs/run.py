"""What a step sees of its job."""

from __future__ import annotations

import datetime as dt
import time
from typing import Any, Generic, TypeVar

from django.db import models

from cloudportal.core.events import announce
from cloudportal.jobs.heartbeat import Heartbeat
from cloudportal.jobs.lease import Lease, LeaseLost
from cloudportal.jobs.models import Job, JobLog, JobStep

R = TypeVar("R", bound=models.Model | None)

PROGRESS_SECONDS = 0.5


class CancelRequested(Exception):
    """The user asked to stop; the steps done so far are taken back."""


class Run(Generic[R]):
    """One attempt at a job. Steps read the resource, log, report progress, and ask leave before long writes."""

    def __init__(self, job: Job, lease: Lease, heartbeat: Heartbeat) -> None:
        self.job = job
        self.lease = lease
        self._heartbeat = heartbeat
        self._resource: Any = None
        self._step: JobStep | None = None
        self._announced = 0.0

    @property
    def resource(self) -> R:
        """The row the job is about, read once an attempt; `refresh` reads it again."""
        if self._resource is None:
            self._resource = self.job.resource
        return self._resource

    def refresh(self) -> R:
        self._resource = None
        return self.resource

    @property
    def args(self) -> dict[str, Any]:
        return self.job.args

    @property
    def reference(self) -> dict[str, Any]:
        """What this step recorded in earlier tries."""
        return self._step.reference if self._step else {}

    def reference_of(self, step: str) -> dict[str, Any]:
        """What an earlier step recorded."""
        return self.job.steps.get(name=step).reference

    @property
    def began_at(self) -> dt.datetime | None:
        """When this step was begun for the first time."""
        return self._step.started_at if self._step else None

    def begin(self, step: JobStep) -> None:
        self._step = step

    def record(self, **reference: Any) -> None:
        """Keep what the step made outside, before it makes the next thing."""
        if self._step is None:
            raise RuntimeError("Only a step records references")
        self.lease.write()
        self._step.reference |= reference
        self._step.save(update_fields=["reference"])

    def checkpoint(self) -> None:
        """Call between external writes of a long step.

        Raises:
            LeaseLost: another worker has the job.
            CancelRequested: the user wants it back.
        """
        if self._heartbeat.lost:
            raise LeaseLost(f"job {self.job.pk}")
        self.lease.write()
        if self.job.direction == Job.Direction.DO and self._cancel_requested():
            raise CancelRequested

    def _cancel_requested(self) -> bool:
        return Job.objects.filter(pk=self.job.pk, cancel_requested=True).exists()

    def progress(self, percent: int, message: str = "") -> None:
        """Show how far the job is; at most every half second reaches the database."""
        now = time.monotonic()
        if now - self._announced < PROGRESS_SECONDS and percent < 100:
            return
        self._announced = now
        self.lease.write(progress=max(0, min(100, percent)), message=message[:255])
        self.announce()

    def log(self, message: str, level: str = "info") -> None:
        JobLog.objects.create(job=self.job, message=message, level=level)

    def announce(self) -> None:
        announce_job(self.job)


def announce_job(job: Job) -> None:
    """Tell the browsers of the account, and the operators, that the job changed."""
    announce("job", uuid=job.uuid, account=job.account_id, type=job.resource_type, resource=job.resource_uuid)

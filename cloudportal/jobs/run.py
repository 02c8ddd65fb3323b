"""What a step sees of its job."""

from __future__ import annotations

import datetime as dt
import time
from typing import Any, Generic, TypeVar

from django.db import models

from cloudportal.core.events import announce
from cloudportal.jobs.heartbeat import Heartbeat
from cloudportal.jobs.lease import CancelRequested, Lease, LeaseLost
from cloudportal.jobs.models import Job, JobLog, JobStep
from cloudportal.jobs.reasons import Reason

R = TypeVar("R", bound=models.Model | None)

PROGRESS_SECONDS = 0.5


class Run(Generic[R]):
    """One attempt at a job. Steps read the resource, log, report progress, and ask leave before long writes."""

    def __init__(self, job: Job, lease: Lease, heartbeat: Heartbeat) -> None:
        self.job = job
        self.lease = lease
        self._heartbeat = heartbeat
        self._resource: Any = None
        self._step: JobStep | None = None
        self._told = 0.0

    @property
    def resource(self) -> R:
        """The row the job is about, read once an attempt; `refresh` reads it again."""
        if self._resource is None:
            self._resource = self.job.resource
        return self._resource  # type: ignore[no-any-return]

    def refresh(self) -> R:
        self._resource = None
        return self.resource

    @property
    def args(self) -> dict[str, Any]:
        args: dict[str, Any] = self.job.args
        return args

    @property
    def reference(self) -> dict[str, Any]:
        """What this step recorded in earlier tries."""
        reference: dict[str, Any] = self._step.reference if self._step else {}
        return reference

    def reference_of(self, step: str) -> dict[str, Any]:
        """What an earlier step recorded."""
        reference: dict[str, Any] = self.job.steps.get(name=step).reference
        return reference

    @property
    def began_at(self) -> dt.datetime | None:
        """When this step was begun for the first time."""
        return self._step.started_at if self._step else None

    def mark(self, step: JobStep, state: str, **values: Any) -> bool:
        """Write the state of a step, which is the one that records from now on; true when the job should stop."""
        self._step = step
        return self.lease.mark(step, state, news_of(self.job), **values)

    def record(self, **reference: Any) -> None:
        """Keep what the step made outside, before it makes the next thing."""
        if self._step is None:
            raise RuntimeError("Only a step records references")
        self.lease.mark(self._step, self._step.state, news_of(self.job), words=self._step.message, **reference)

    def checkpoint(self) -> None:
        """Call between external writes of a long step.

        Raises:
            LeaseLost: another worker has the job.
            CancelRequested: the user wants it back.
        """
        if self._heartbeat.lost:
            raise LeaseLost(f"job {self.job.pk}")
        if self.lease.renew():
            raise CancelRequested

    def progress(self, percent: int, message: str = "") -> None:
        """Show how far the job is; at most every half second reaches the database."""
        now = time.monotonic()
        if now - self._told < PROGRESS_SECONDS:
            return
        self._told = now
        self.lease.renew(progress=percent, message=message)
        announce_job(self.job)

    def log(self, message: str, level: str = JobLog.Level.INFO) -> None:
        JobLog.objects.create(job=self.job, message=message, level=level)

    def log_failure(self, title: str, reason: Reason, more: str = "", level: str = JobLog.Level.ERROR) -> None:
        """What went wrong, for everybody, and what the engine said, for operators."""
        self.log(f"{title}: {reason.message}{more}", level)
        if reason.engine:
            self.log(f"{title}: {reason.engine}", JobLog.Level.ENGINE)


def news_of(job: Job) -> dict[str, Any]:
    """What browsers are told when a job changes: enough to know what to ask for again, and who may."""
    return {
        "kind": "job", "uuid": job.uuid, "account": job.account_id,
        "type": job.resource_type, "resource": job.resource_uuid,
    }  # fmt: skip


def announce_job(job: Job) -> None:
    """Tell the browsers of the account, and the operators, that the job changed."""
    announce(**news_of(job))

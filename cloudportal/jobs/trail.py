"""A job's events carry the name of who asked for it."""

from __future__ import annotations

from dataclasses import dataclass

from cloudportal.jobs.models import Job


@dataclass(frozen=True, slots=True)
class Originator:
    """Whoever started the job, as the audit trail names them."""

    job: Job

    @property
    def user_id(self) -> int | None:
        return self.job.actor_id

    @property
    def name(self) -> str:
        return self.job.actor_name

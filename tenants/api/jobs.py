"""Jobs: what is under way, step by step, and what became of it."""

from __future__ import annotations

import datetime as dt
from typing import Any, TypedDict
from uuid import UUID

from django.db.models import OuterRef

from cloudportal.doors.api.requests import Request
from cloudportal.doors.api.rows import Ref, Row, column, computed, many, ref_by_id
from cloudportal.doors.api.views import ResourceViewSet, changes, on_object, operation
from cloudportal.doors.ordering import NEWEST_FIRST
from cloudportal.jobs import services
from cloudportal.jobs.models import Job, JobStep
from tenants import selectors
from tenants.api.resources import Resource
from tenants.api.resources import resource as shown
from tenants.filters import JobFilterSet
from tenants.models import Account
from tenants.services.jobs import cancel_job


class Problem(TypedDict):
    code: str
    message: str


class StepShown(TypedDict):
    name: str
    title: str
    state: str
    message: str
    tries: int
    started_at: dt.datetime | None
    finished_at: dt.datetime | None


def _error(code: str, message: str) -> dict[str, str] | None:
    return {"code": code, "message": message} if code or message else None


def _cancellable(kind: str, state: str, direction: str) -> bool:
    return services.is_cancellable(Job(kind=kind, state=state, direction=direction))


class JobRow(Row):
    """One operation on one resource."""

    id: UUID = column("uuid")
    kind: str = column()
    title: str = column(help="What is being done, for a person.")
    state: str = column(choices=Job.State.values)
    direction: str = column(choices=Job.Direction.values, help="`undo` while its steps are taken back.")
    progress: int = column(help="Per cent.")
    message: str = column()
    error: Problem | None = computed(_error, "error_code", "error")
    resource: Resource | None = computed(shown, "resource_type", "resource_uuid", "resource_name")
    account: Ref | None = ref_by_id(Account, "account_id")
    actor: str = column("actor_name", help="Who started it.")
    cancellable: bool = computed(_cancellable, "kind", "state", "direction")
    cancel_requested: bool = column()
    created_at: dt.datetime = column()
    started_at: dt.datetime | None = column()
    finished_at: dt.datetime | None = column()


class JobDetailRow(JobRow):
    """One operation on one resource, with its steps."""

    steps: list[StepShown] = many(
        JobStep.objects.filter(job=OuterRef("pk")).order_by("position"),
        name="name",
        title="title",
        state="state",
        message="message",
        tries="tries",
        started_at="started_at",
        finished_at="finished_at",
    )
    result: dict[str, Any] = column()


class JobViewSet(ResourceViewSet[Job]):
    selector = selectors.jobs
    filterset_class = JobFilterSet
    sorting = NEWEST_FIRST
    row = JobRow
    detail_row = JobDetailRow

    @operation
    @on_object
    @changes
    def cancel(self, request: Request, job: Job) -> Job:
        """Ask it to stop; what it made so far is taken back."""
        return cancel_job(request.actor, job=job)

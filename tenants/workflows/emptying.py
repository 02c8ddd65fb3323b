"""Bringing many things to their end by jobs of their own, a few at a time, without holding a worker."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet

from cloudportal.core.driver_errors import Fatal
from cloudportal.core.errors import Conflict
from cloudportal.jobs.models import Job
from cloudportal.jobs.models.job import ACTIVE
from cloudportal.jobs.run import Run
from cloudportal.jobs.workflow import Wait
from tenants.holdings import Start

AT_ONCE = 20
POLL_SECONDS = 1.0


def bring_to_end(run: Run[Any], rows: QuerySet[Any], start: Start, words: str) -> Wait | None:
    """Start what ends the rows, and wait until none is left. Rows whose job failed are left for last, and then said.

    Raises:
        Fatal: nothing but rows whose job failed is left.
    """
    failed = _failed(run.job)
    left = rows.exclude(uuid__in=failed) if failed else rows
    free = AT_ONCE - Job.objects.filter(parent=run.job, state__in=ACTIVE).count()
    if free > 0:
        _start(run, left.exclude(uuid__in=_under_way(run.job)).order_by("pk")[:free], start)
    remaining = left.count()
    if remaining:
        return Wait(POLL_SECONDS, f"{words}: {remaining} to go")
    if failed and (stuck := rows.count()):
        raise Fatal(f"{stuck} could not be ended. {next(iter(failed.values()))}")
    return None


def _start(run: Run[Any], rows: Iterable[Any], start: Start) -> None:
    for row in rows:
        run.checkpoint()
        try:
            start(row, run.job)
        except Conflict:
            run.log(f"{row} is being changed already; waiting for it.")


def _under_way(parent: Job) -> list[Any]:
    return list(Job.objects.filter(parent=parent, state__in=ACTIVE).values_list("resource_uuid", flat=True))


def _failed(parent: Job) -> dict[Any, str]:
    """The children that failed, with what they said."""
    rows = Job.objects.filter(parent=parent, state__in=["failed", "cancelled"]).order_by("id")
    return {uuid: f"{title}: {error}" for uuid, title, error in rows.values_list("resource_uuid", "title", "error")}

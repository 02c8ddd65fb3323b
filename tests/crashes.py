"""Killing a worker at a named point, without a process: what it had not written is lost, and its lease runs out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from cloudportal.core.clock import WallClock
from cloudportal.jobs import failpoints
from cloudportal.jobs.models import Job
from cloudportal.jobs.sweeper import sweep
from cloudportal.jobs.workflow import Workflow

MOMENTS = ("before", "begun", "acted", "done")
UNDO_MOMENTS = ("undo", "undone")


class WorkerKilled(BaseException):
    """Nothing in the engine may catch this, as nothing catches SIGKILL."""


def crash_points(*workflows: Workflow) -> list[str]:
    """Every boundary of every step going forward, and of the end."""
    return [
        point
        for workflow in workflows
        for point in [
            *(f"{workflow.kind}/{step.name}/{moment}" for step in workflow.steps for moment in MOMENTS),
            f"{workflow.kind}/finish",
            f"{workflow.kind}/finished",
        ]
    ]


def undo_points(*workflows: Workflow) -> list[str]:
    """Every boundary of every step going backward, and of the end."""
    return [
        point
        for workflow in workflows
        for point in [
            f"{workflow.kind}/turned",
            *(f"{workflow.kind}/{step.name}/{moment}" for step in workflow.steps for moment in UNDO_MOMENTS),
            f"{workflow.kind}/give_up",
            f"{workflow.kind}/given_up",
        ]
    ]


@contextmanager
def dying_at(point: str, times: int = 1) -> Iterator[list[str]]:
    """The worker dies at the point, `times` times. Yields the deaths, so that a test can insist on them."""
    deaths: list[str] = []

    def handler(reached: str) -> None:
        if reached == point and len(deaths) < times:
            deaths.append(point)
            raise WorkerKilled(point)

    failpoints.handle_with(handler)
    try:
        yield deaths
    finally:
        failpoints.handle_with(None)


def leases_run_out() -> None:
    """The time after which the sweeper takes jobs away from workers that are gone."""
    Job.objects.filter(state=Job.State.RUNNING).update(lease_until=WallClock())
    sweep()

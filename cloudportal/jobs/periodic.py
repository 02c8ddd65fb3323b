"""Work that comes round: one job a period, whoever asks and however often."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from datetime import timedelta

from cloudportal.core import clock
from cloudportal.core.events import System
from cloudportal.jobs.models import Job
from cloudportal.jobs.models.job import ACTIVE
from cloudportal.jobs.services import start_once
from cloudportal.jobs.workflow import Workflow

__all__ = ["PERIODS", "System", "every", "key_of", "start_due", "when_waiting"]

PERIODS: list[tuple[Workflow, timedelta]] = []
# What is started between its periods as well, a second apart, while there is something for it to do.
SOONER: list[tuple[Workflow, Callable[[], bool]]] = []
SOON = timedelta(seconds=1)


def every(period: timedelta, workflow: Workflow) -> None:
    """Have the workflow started once in each period. Periods are cut from the epoch, so all nodes agree on them."""
    PERIODS.append((workflow, period))


def when_waiting(workflow: Workflow, is_waiting: Callable[[], bool]) -> None:
    """Have the workflow started within a second or two whenever something waits for it, periods or not."""
    SOONER.append((workflow, is_waiting))


def start_due(now: dt.datetime | None = None) -> int:
    """Start what has not been started in its present period; returns how many.

    The key of kind and period is unique in the database, so catching up or two nodes can't do a period twice.
    The look beforehand only spares the attempt.
    """
    moment = now or clock.now()
    keys = {f"{key_of(workflow, SOON, moment)}:soon": workflow for workflow, waits in SOONER if waits()}
    keys |= {key_of(workflow, period, moment): workflow for workflow, period in PERIODS}
    known = set(Job.objects.filter(idempotency_key__in=keys).values_list("idempotency_key", flat=True))
    # Where workers are busy the rounds of one kind would pile up, and all but one of them find nothing to do.
    waiting = set(Job.objects.filter(idempotency_key__isnull=False, state__in=ACTIVE).values_list("kind", flat=True))
    missing = {workflow.kind: (key, workflow) for key, workflow in keys.items() if key not in known}
    due = [found for kind, found in missing.items() if kind not in waiting]
    return sum(start_once(System(), workflow, key) is not None for key, workflow in due)


def key_of(workflow: Workflow, period: timedelta, moment: dt.datetime) -> str:
    """The name of the period that a moment is in."""
    return f"{workflow.kind}:{int(moment.timestamp() // period.total_seconds())}"

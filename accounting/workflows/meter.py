"""Every few seconds events become intervals; every few minutes finished hours become records."""

from __future__ import annotations

from datetime import timedelta

from accounting.folding import BATCH, fold_waiting
from accounting.records import close_hours
from cloudportal.jobs.periodic import every
from cloudportal.jobs.run import Run
from cloudportal.jobs.workflow import Workflow

FOLD_USAGE = Workflow("accounting.fold_usage", "Fold usage events", cancellable=False)
CLOSE_HOURS = Workflow("accounting.close_hours", "Write hourly usage records", cancellable=False)


@FOLD_USAGE.step("Turn events into intervals")
def fold(run: Run[None]) -> None:
    while fold_waiting() == BATCH:
        run.checkpoint()


@CLOSE_HOURS.step("Cut the hours that are over")
def cut(run: Run[None]) -> None:
    run.checkpoint()
    close_hours()


every(timedelta(seconds=10), FOLD_USAGE)
every(timedelta(minutes=5), CLOSE_HOURS)

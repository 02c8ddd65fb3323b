"""Every minute: which conditions hold that operators are alerted of."""

from __future__ import annotations

from datetime import timedelta

from cloudportal.core.alerts import CHECKS, run_check
from cloudportal.jobs.periodic import every
from cloudportal.jobs.run import Run
from cloudportal.jobs.workflow import Workflow

CHECK_ALERTS = Workflow("jobs.check_alerts", "Check what operators are alerted of", cancellable=False)


@CHECK_ALERTS.step("Look at each condition")
def look(run: Run[None]) -> None:
    for name in CHECKS:
        run.checkpoint()
        run_check(name)


every(timedelta(minutes=1), CHECK_ALERTS)

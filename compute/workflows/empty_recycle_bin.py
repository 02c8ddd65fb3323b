"""Every minute: destroyed instances whose time in the bin is over are expunged."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings

from cloudportal.core.clock import WallClock
from cloudportal.core.errors import Conflict
from cloudportal.jobs import services as jobs
from cloudportal.jobs.periodic import System, every
from cloudportal.jobs.run import Run
from cloudportal.jobs.workflow import Workflow
from compute.models import Instance
from compute.workflows.expunge_instance import EXPUNGE_INSTANCE

EMPTY_RECYCLE_BIN = Workflow("compute.empty_recycle_bin", "Empty the recycle bin", cancellable=False)

BATCH = 100


@EMPTY_RECYCLE_BIN.step("Expunge what has been there long enough")
def expunge(run: Run[None]) -> None:
    end = WallClock() - timedelta(seconds=settings.EXPUNGE_DELAY_SECONDS)
    for instance in Instance.objects.filter(state="Destroyed", destroyed_at__lt=end)[:BATCH]:
        run.checkpoint()
        try:
            jobs.start(System(), EXPUNGE_INSTANCE, instance)
        except Conflict:
            run.log(f"Instance {instance} is being changed; it comes in the next round.")


every(timedelta(minutes=1), EMPTY_RECYCLE_BIN)

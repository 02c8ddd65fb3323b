"""Every minute: destroyed instances whose time in the bin is over are expunged.

An expunge that failed is tried again every hour: until it succeeds, somebody pays for the disks.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import chain, islice

from django.db.models import Exists, OuterRef, Q, QuerySet

from cloudportal.core import clock
from cloudportal.core.clock import WallClock
from cloudportal.core.configuration import value_of, values_of
from cloudportal.core.errors import Conflict
from cloudportal.jobs import services as jobs
from cloudportal.jobs.models import Job
from cloudportal.jobs.periodic import System, every
from cloudportal.jobs.run import Run
from cloudportal.jobs.workflow import Workflow
from compute.models import Instance
from compute.settings import EXPUNGE_DELAY
from compute.workflows.expunge_instance import EXPUNGE_INSTANCE

EMPTY_RECYCLE_BIN = Workflow("compute.empty_recycle_bin", "Empty the recycle bin", cancellable=False)

BATCH = 100
TRIED_AGAIN_AFTER = timedelta(hours=1)


@EMPTY_RECYCLE_BIN.step("Expunge what has been there long enough")
def expunge(run: Run[None]) -> None:
    for instance in chain(islice(_due(), BATCH), _failed()[:BATCH]):
        run.checkpoint()
        try:
            jobs.start(System(), EXPUNGE_INSTANCE, instance)
        except Conflict:
            run.log(f"Instance {instance} is being changed; it comes in the next round.")


def _due() -> Iterator[Instance]:
    """Those whose own time is over, among those that have been there for the shortest time that holds anywhere."""
    shortest = timedelta(seconds=min(values_of(EXPUNGE_DELAY)))
    rows = Instance.objects.filter(state="Destroyed", destroyed_at__lt=WallClock() - shortest)
    now = clock.now()
    for instance in rows.select_related("account__domain", "zone").order_by("destroyed_at").iterator(BATCH):
        delay = timedelta(seconds=value_of(EXPUNGE_DELAY, instance.account, instance.zone))
        if instance.destroyed_at is not None and instance.destroyed_at < now - delay:
            yield instance


def _failed() -> QuerySet[Instance]:
    lately = Q(finished_at=None) | Q(finished_at__gt=WallClock() - TRIED_AGAIN_AFTER)
    tried = Job.objects.filter(lately, resource_uuid=OuterRef("uuid"), kind=EXPUNGE_INSTANCE.kind)
    return Instance.objects.filter(~Exists(tried), state="Expunging", removed_at=None)


every(timedelta(minutes=1), EMPTY_RECYCLE_BIN)

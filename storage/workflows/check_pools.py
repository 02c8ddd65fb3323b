"""Every minute: how full the pools are."""

from __future__ import annotations

from datetime import timedelta

from cloudportal.core.driver_errors import DriverError
from cloudportal.jobs.periodic import every
from cloudportal.jobs.run import Run
from cloudportal.jobs.workflow import Workflow
from storage.models import StoragePool
from storage.pools import measure_pool

CHECK_POOLS = Workflow("storage.check_pools", "Check storage pools")


@CHECK_POOLS.step("Ask each pool how full it is")
def measure(run: Run[None]) -> None:
    for pool in StoragePool.objects.all():
        run.checkpoint()
        try:
            measure_pool(pool)
        except DriverError as error:
            run.log(f"Pool {pool}: {error}", "warning")


every(timedelta(minutes=1), CHECK_POOLS)

"""Every minute: how full the pools and the secondary storage are."""

from __future__ import annotations

from datetime import timedelta

from cloudportal.core.driver_errors import DriverError
from cloudportal.jobs.periodic import every
from cloudportal.jobs.run import Run
from cloudportal.jobs.workflow import Workflow
from storage.models import SecondaryStore, StoragePool
from storage.pools import measure_pool
from storage.stores import measure_store

CHECK_POOLS = Workflow("storage.check_pools", "Check storage pools")


@CHECK_POOLS.step("Ask each pool how full it is")
def measure(run: Run[None]) -> None:
    for pool in StoragePool.objects.all():
        run.checkpoint()
        try:
            measure_pool(pool)
        except DriverError as error:
            run.log(f"Pool {pool}: {error}", "warning")
    for store in SecondaryStore.objects.all():
        run.checkpoint()
        try:
            measure_store(store)
        except OSError as error:
            run.log(f"Secondary storage {store}: {error.strerror}", "warning")


every(timedelta(minutes=1), CHECK_POOLS)

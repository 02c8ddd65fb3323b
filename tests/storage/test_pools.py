"""Pools: what may be promised of a device, and what happens when it is nearly full or shrinks."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from cloudportal.core.errors import CapacityExhausted, InvalidInput, PermissionDenied, Unreachable
from cloudportal.core.models import Event
from cloudportal.jobs import services as jobs
from storage.models import StoragePool, Volume
from storage.reservations import give_room_back, mark_gone, reserve_pool
from storage.selectors import pools, storage_capacity
from storage.services.disk_offerings import create_disk_offering, update_disk_offering
from storage.services.pools import create_pool, update_pool
from storage.services.stores import create_store
from storage.workflows import CHECK_POOLS
from tenants.actor import SYSTEM, Actor
from tests import factories
from tests.conftest import RunJobs
from tests.factories import GIB, MIB, Cloud


def test_a_device_is_promised_as_often_as_its_factor_says(cloud: Cloud) -> None:
    pool = _measured(cloud, 10 * GIB)
    assert (pool.total_bytes, pool.capacity_bytes) == (10 * GIB, 20 * GIB)

    update_pool(SYSTEM, pool=pool, overprovisioning=Decimal("1.5"))

    pool.refresh_from_db()
    assert pool.capacity_bytes == 15 * GIB


def test_less_than_what_is_promised_can_not_be_promised(tenant: Actor, cloud: Cloud) -> None:
    factories.instance(tenant, cloud)
    pool = _measured(cloud, 6 * MIB)
    with pytest.raises(InvalidInput) as refusal:
        update_pool(SYSTEM, pool=pool, overprovisioning=Decimal(1))
    assert list(refusal.value.errors) == ["overprovisioning"]
    assert StoragePool.objects.get().overprovisioning == 2


def test_a_device_that_shrinks_below_its_promises_takes_nothing_more(
    tenant: Actor, cloud: Cloud, run_jobs: RunJobs
) -> None:
    """Its old size must not go on being promised."""
    factories.instance(tenant, cloud)
    pool = _measured(cloud, MIB)

    assert pool.capacity_bytes == pool.allocated_bytes == 8 * MIB
    assert pool.last_error == "The device is smaller than what has been promised of it."
    assert reserve_pool(cloud.cluster, 1) is None
    with pytest.raises(CapacityExhausted, match="with enough storage"):
        factories.deployment(tenant, cloud)

    pool = _measured(cloud, GIB)
    assert (pool.capacity_bytes, pool.last_error) == (2 * GIB, "")


def test_above_its_threshold_a_pool_takes_nothing(tenant: Actor, cloud: Cloud) -> None:
    StoragePool.objects.update(total_bytes=100 * GIB, available_bytes=4 * GIB, capacity_bytes=200 * GIB)
    assert reserve_pool(cloud.cluster, 1) is None
    StoragePool.objects.update(available_bytes=5 * GIB)
    assert reserve_pool(cloud.cluster, 1) == cloud.pool


def test_the_emptiest_pool_that_is_enabled_is_taken(cloud: Cloud) -> None:
    larger = create_pool(SYSTEM, cluster=cloud.cluster, name="larger", url=cloud.world.url(), path="/pools/larger")
    cloud.world.resize_pool(cloud.pool.uuid, GIB)
    _measured(cloud, GIB)
    assert reserve_pool(cloud.cluster, MIB) == larger
    update_pool(SYSTEM, pool=larger, allocation_state="Disabled")
    assert reserve_pool(cloud.cluster, MIB) == cloud.pool
    assert reserve_pool(cloud.cluster, 3 * GIB) is None


def test_the_database_forbids_to_promise_more_than_there_is(cloud: Cloud) -> None:
    with pytest.raises(IntegrityError, match="pool_not_oversold"), transaction.atomic():
        StoragePool.objects.update(capacity_bytes=1, allocated_bytes=2)


def test_a_volume_is_given_back_once(tenant: Actor, cloud: Cloud) -> None:
    volume = factories.instance(tenant, cloud).attachments.get().volume
    stale = Volume.objects.get(pk=volume.pk)

    given = [volume for volume in (volume, volume, stale) if mark_gone(volume)]
    for one in given:
        give_room_back(one)

    assert given == [volume]
    assert StoragePool.objects.get().allocated_bytes == 0


def test_a_pool_that_does_not_answer_says_so_and_stops_no_other(cloud: Cloud, run_jobs: RunJobs) -> None:
    other = create_pool(SYSTEM, cluster=cloud.cluster, name="z", url=cloud.world.url(), path="/pools/z")
    cloud.world.resize_pool(other.uuid, GIB)
    cloud.world.inject("capacity", "retryable")
    job = jobs.start(SYSTEM, CHECK_POOLS)
    run_jobs()

    cloud.pool.refresh_from_db()
    other.refresh_from_db()
    assert job.log.get().level == "warning"
    assert {cloud.pool.last_error, other.last_error} == {"Simulated: capacity failed for now.", ""}


def test_a_pool_that_can_not_be_used_is_not_kept(cloud: Cloud) -> None:
    wrong: list[tuple[type[Exception], dict[str, Any]]] = [
        (InvalidInput, {"path": "relative"}),
        (InvalidInput, {"name": "pool"}),
        (InvalidInput, {"overprovisioning": Decimal("0.5")}),
        (InvalidInput, {"url": "gopher://example.org/"}),
        (InvalidInput, {"url": "test:///default"}),
        (Unreachable, {"url": "simulator:///"}),
    ]
    for kind, changes in wrong:
        fields = {"name": "new", "url": cloud.world.url(), "path": "/pools/new"} | changes
        with pytest.raises(kind):
            create_pool(SYSTEM, cluster=cloud.cluster, **fields)
    assert StoragePool.objects.count() == 1


def test_only_operators_have_to_do_with_pools(tenant: Actor, cloud: Cloud, tmp_path: Any) -> None:
    for forbidden in (
        lambda: create_pool(tenant, cluster=cloud.cluster, name="p", url=cloud.world.url(), path="/p"),
        lambda: update_pool(tenant, pool=cloud.pool, name="mine"),
        lambda: create_store(tenant, zone=cloud.zone, name="s", path=str(tmp_path)),
        lambda: create_disk_offering(tenant, name="free"),
        lambda: update_disk_offering(tenant, offering=cloud.offering.root_disk, price_per_gib_hour=0),
    ):
        with pytest.raises(PermissionDenied):
            forbidden()
    assert not pools(tenant).exists()
    assert [capacity.total for capacity in storage_capacity(tenant)] == [0, 0, 0]


def test_a_store_is_a_directory_that_is_there(cloud: Cloud, tmp_path: Any) -> None:
    for path in ("relative", str(tmp_path / "missing")):
        with pytest.raises(InvalidInput) as refusal:
            create_store(SYSTEM, zone=cloud.zone, name="other", path=path)
        assert list(refusal.value.errors) == ["path"]
    store = create_store(SYSTEM, zone=cloud.zone, name="other", path=str(tmp_path))
    assert store.total_bytes >= store.available_bytes > 0


def test_every_change_is_in_the_trail(cloud: Cloud) -> None:
    update_pool(SYSTEM, pool=cloud.pool, name="renamed")
    update_disk_offering(SYSTEM, offering=cloud.offering.root_disk, description="fast")
    told = set(Event.objects.values_list("action", flat=True))
    assert told >= {
        "storage.create_pool", "storage.update_pool", "storage.create_store",
        "storage.create_disk_offering", "storage.update_disk_offering", "storage.register_template",
    }  # fmt: skip


def _measured(cloud: Cloud, total_bytes: int) -> StoragePool:
    cloud.world.resize_pool(cloud.pool.uuid, total_bytes)
    job = jobs.start(SYSTEM, CHECK_POOLS)
    factories.finished(job)
    return StoragePool.objects.get(pk=cloud.pool.pk)

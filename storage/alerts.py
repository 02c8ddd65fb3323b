"""What operators are told about storage: what is promised of pools, and how full devices are by their own figures."""

from __future__ import annotations

from collections.abc import Iterator

from cloudportal.core.alerts import Condition, check, declare, subject_of
from cloudportal.infrastructure.thresholds import threshold
from storage.models import SecondaryStore, StoragePool

PRIMARY_CAPACITY = declare("primary-capacity", "Primary storage short", "Most of what a pool may promise is promised.")
STORAGE_FULL = declare("storage-full", "Storage nearly full", "The device of a pool or of secondary storage fills up.")

PRIMARY = threshold("primary", "a pool's room promised", scopes=("pool", "cluster", "zone"))
DEVICE = threshold("storage", "a pool's or secondary storage's device in use", scopes=("pool", "cluster", "zone"))


@check(PRIMARY_CAPACITY)
def short_of_primary() -> Iterator[Condition]:
    for pool in StoragePool.objects.select_related("zone").order_by("pk"):
        used, total = pool.allocated_bytes, pool.capacity_bytes
        if found := PRIMARY.condition(subject_of(pool), "room is promised", used, total, pool):
            yield found


@check(STORAGE_FULL)
def full_devices() -> Iterator[Condition]:
    for pool in StoragePool.objects.select_related("zone").order_by("pk"):
        used = pool.total_bytes - pool.available_bytes
        if found := DEVICE.condition(subject_of(pool), "device is in use", used, pool.total_bytes, pool):
            yield found
    for store in SecondaryStore.objects.select_related("zone").order_by("pk"):
        used = store.total_bytes - store.available_bytes
        if found := DEVICE.condition(subject_of(store), "device is in use", used, store.total_bytes, store.zone):
            yield found

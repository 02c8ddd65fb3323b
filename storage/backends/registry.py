"""Which storage driver serves a pool."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from cloudportal.infrastructure.drivers.registry import driver_class
from storage.backends.base import PoolTarget, StorageBackend

DRIVERS: Mapping[str, str] = {
    "qemu": "storage.backends.libvirt.driver:LibvirtStorage",
    "test": "storage.backends.libvirt.driver:LibvirtStorage",
    "simulator": "storage.backends.simulator:SimulatedStorage",
}


def backend_for(target: PoolTarget) -> StorageBackend:
    """The driver of a pool. Nothing is connected yet.

    Raises:
        Fatal: no driver knows the scheme of the url.
        Unsupported: the driver needs a library that is not installed here.
    """
    return cast("StorageBackend", driver_class(target.url, DRIVERS)(target))

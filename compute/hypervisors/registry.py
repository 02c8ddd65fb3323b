"""Which hypervisor driver serves a host."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from cloudportal.infrastructure.drivers.registry import driver_class
from compute.hypervisors.base import HostTarget, Hypervisor

DRIVERS: Mapping[str, str] = {
    "qemu": "compute.hypervisors.libvirt.driver:LibvirtHypervisor",
    "test": "compute.hypervisors.libvirt.driver:LibvirtHypervisor",
    "simulator": "compute.hypervisors.simulator:SimulatedHypervisor",
}


def hypervisor_for(target: HostTarget) -> Hypervisor:
    """The driver of a host. Nothing is connected yet.

    Raises:
        Fatal: no driver knows the scheme of the url.
        Unsupported: the driver needs a library that is not installed here.
    """
    return cast("Hypervisor", driver_class(target.url, DRIVERS)(target))

"""Which network driver serves a zone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from cloudportal.infrastructure.drivers.registry import driver_class
from network.backends.base import NetworkBackend

DRIVERS: Mapping[str, str] = {
    "ovn": "network.backends.ovn.driver:OvnNetworks",
    "simulator": "network.backends.simulator:SimulatedNetworks",
}


def backend_for(url: str) -> NetworkBackend:
    """The driver of a zone's networks. Nothing is connected yet.

    Raises:
        Fatal: no driver knows the scheme of the url.
        Unsupported: the driver needs a library that is not installed here.
    """
    return cast("NetworkBackend", driver_class(url, DRIVERS)(url))

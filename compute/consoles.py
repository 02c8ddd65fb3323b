"""Connecting to the screen of an instance."""

from __future__ import annotations

from cloudportal.core.driver_errors import NotFound
from compute.engines import hypervisor_of
from compute.hypervisors.base import Console
from compute.models import Instance


def connect(instance: Instance) -> Console:
    """A fresh connection; it blocks, so the relay calls it from a thread.

    Raises:
        NotFound: the instance does not run.
        DriverError: the host did not answer.
    """
    if instance.host is None:
        raise NotFound(f"Instance {instance} does not run.")
    return hypervisor_of(instance.host).open_console(instance.uuid)

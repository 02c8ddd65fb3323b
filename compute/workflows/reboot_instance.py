"""Resetting a running instance."""

from __future__ import annotations

from cloudportal.jobs.run import Run
from cloudportal.jobs.workflow import Workflow
from compute.engines import hypervisor_of
from compute.models import Instance
from compute.states import INSTANCE
from compute.workflows import parts

REBOOT_INSTANCE = Workflow("compute.reboot_instance", "Reboot instance", move=INSTANCE.reboot, cancellable=False)


@REBOOT_INSTANCE.step("Reset the machine")
def reset(run: Run[Instance]) -> None:
    hypervisor_of(parts.host_of(run)).reboot_instance(run.resource.uuid)

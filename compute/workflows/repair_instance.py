"""Bringing one instance back in line with its host, while nobody else changes it.

The numbered rules of instances; `power` is what the host says.

1. Running here, and off or unknown on its host: it is Stopped. Restarting it elsewhere is for high availability.
2. Not running here, and running on a host: its power is cut there.
3. Known to a host that is neither its host nor its last one, expunged or in Error here: it is removed there.
4. A machine that we have no row of belongs to somebody else: it is left alone, and reported.
"""

from __future__ import annotations

from cloudportal.infrastructure.models import Host
from cloudportal.jobs.models import JobLog
from cloudportal.jobs.run import Run
from cloudportal.jobs.workflow import Workflow
from compute.engines import hypervisor_of
from compute.hypervisors.base import PowerState
from compute.models import Instance
from compute.reservations import release_cpu_and_memory
from compute.usage import emit_instance
from compute.workflows.parts import set_power_state

REPAIR_INSTANCE = Workflow("compute.repair_instance", "Reconcile instance", cancellable=False)

ON = {PowerState.RUNNING, PowerState.PAUSED}


@REPAIR_INSTANCE.step("Compare with the host")
def compare(run: Run[Instance]) -> None:
    instance, host = run.resource, Host.objects.get(pk=run.args["host_id"])
    power = hypervisor_of(host).power_state(instance.uuid)
    at_home = host in (instance.host, instance.last_host)
    if power is not PowerState.MISSING and (not at_home or belongs_nowhere(instance)):
        hypervisor_of(host).remove_instance(instance.uuid)
        _tell(run, host, "Rule 3: removed from a host where it did not belong.")
    elif power in ON and instance.state in {"Stopped", "Destroyed"}:
        hypervisor_of(host).stop_instance(instance.uuid)
        _tell(run, host, f"Rule 2: powered off on its host; it is {instance.state}.")
    elif power not in ON and instance.state == "Running" and instance.host == host:
        run.record(stopped=True)
        _tell(run, host, f"Rule 1: its host says {power}; it is Stopped now.")


def _tell(run: Run[Instance], host: Host, words: str) -> None:
    """The instance's tenant reads this job too, and is not told which host it was."""
    run.log(words, JobLog.Level.WARNING)
    run.log(f"The host was {host}.", JobLog.Level.ENGINE)


def belongs_nowhere(instance: Instance) -> bool:
    """Nothing of it may be on any host: it is gone, or it never came to be."""
    return instance.removed_at is not None or instance.state == "Error"


@REPAIR_INSTANCE.finish
def write(run: Run[Instance]) -> None:
    if not run.reference_of("compare").get("stopped"):
        return
    instance = run.resource
    Instance.objects.filter(pk=instance.pk).update(state="Stopped")
    release_cpu_and_memory(instance)
    set_power_state(instance, "stopped")
    emit_instance(instance, allocated=True, running=False)

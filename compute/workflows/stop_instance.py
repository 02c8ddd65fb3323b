"""Stopping an instance: asked first, forced at a deadline."""

from __future__ import annotations

from datetime import timedelta

from cloudportal.core import clock
from cloudportal.core.configuration import value_of
from cloudportal.jobs.run import Run
from cloudportal.jobs.workflow import Wait, Workflow
from compute.engines import hypervisor_of
from compute.models import Instance
from compute.reservations import release_cpu_and_memory
from compute.settings import STOP_GRACE
from compute.states import INSTANCE
from compute.usage import emit_instance
from compute.workflows import parts

STOP_INSTANCE = Workflow("compute.stop_instance", "Stop instance", move=INSTANCE.stop, cancellable=False)

# A guest that is not up yet loses the button press without a word, so it is pressed again.
PRESS_SECONDS = 2.0


@STOP_INSTANCE.step("Ask the guest to shut down", deadline_seconds=3 * (STOP_GRACE.most or 0))
def ask(run: Run[Instance]) -> Wait | None:
    if run.args.get("force") or parts.is_off(run):
        return None
    host = parts.host_of(run)
    grace = value_of(STOP_GRACE, run.resource.account, host.cluster)
    if _waited(run) > timedelta(seconds=grace):
        run.log(f"The guest did not shut down in {grace} seconds.", "warning")
        return None
    hypervisor_of(host).shut_down_instance(run.resource.uuid)
    return Wait(PRESS_SECONDS, "Waiting for the guest to shut down")


def _waited(run: Run[Instance]) -> timedelta:
    began = run.began_at
    return clock.now() - began if began is not None else timedelta(0)


@STOP_INSTANCE.step("Power off")
def power_off(run: Run[Instance]) -> None:
    parts.power_off(run)


@STOP_INSTANCE.finish
def meter(run: Run[Instance]) -> None:
    instance = run.resource
    parts.set_power_state(instance, "stopped")
    release_cpu_and_memory(instance)
    emit_instance(instance, allocated=True, running=False)

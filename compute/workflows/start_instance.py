"""Starting a stopped instance, wherever in its cluster there is room."""

from __future__ import annotations

from cloudportal.jobs.run import Run
from cloudportal.jobs.workflow import Wait, Workflow
from compute.engines import hypervisor_of
from compute.models import Instance
from compute.reservations import release_cpu_and_memory
from compute.states import INSTANCE
from compute.usage import emit_instance
from compute.workflows import parts

START_INSTANCE = Workflow("compute.start_instance", "Start instance", move=INSTANCE.start)


@START_INSTANCE.step("Connect the network cards")
def connect_cards(run: Run[Instance]) -> Wait | None:
    return parts.connect_cards(run)


@START_INSTANCE.step("Write name, keys and user data")
def write_seed(run: Run[Instance]) -> None:
    parts.write_seed(run)


@START_INSTANCE.step("Define the machine on its host")
def define(run: Run[Instance]) -> None:
    instance = run.resource
    if instance.last_host is not None and instance.last_host != instance.host:
        # One definition at a time: two hosts that know an instance could both start it.
        hypervisor_of(instance.last_host).remove_instance(instance.uuid)
        run.checkpoint()
        # Before it is made there, so that the definition never is where nobody looks for it.
        Instance.objects.filter(pk=instance.pk).update(last_host=instance.host)
    parts.define(run, run.reference_of("write_seed").get("source", ""))


@START_INSTANCE.step("Power on")
def power_on(run: Run[Instance]) -> None:
    parts.power_on(run)


@power_on.undo
def power_off(run: Run[Instance]) -> None:
    parts.power_off(run)


@START_INSTANCE.finish
def meter(run: Run[Instance]) -> None:
    instance = run.resource
    Instance.objects.filter(pk=instance.pk).update(error="")
    parts.set_power_state(instance, "running")
    emit_instance(instance, allocated=True, running=True)


@START_INSTANCE.give_up
def release(run: Run[Instance]) -> None:
    release_cpu_and_memory(run.resource)
    Instance.objects.filter(pk=run.resource.pk).update(error=run.job.error)

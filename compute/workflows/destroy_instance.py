"""Into the recycle bin: powered off, with its disks and addresses kept until it is expunged or recovered."""

from __future__ import annotations

from django.db.models.functions import Now

from cloudportal.jobs.run import Run
from cloudportal.jobs.workflow import Workflow
from compute.models import Instance
from compute.reservations import release_cpu_and_memory
from compute.states import INSTANCE
from compute.usage import emit_instance
from compute.workflows import parts

DESTROY_INSTANCE = Workflow("compute.destroy_instance", "Destroy instance", move=INSTANCE.destroy, cancellable=False)


@DESTROY_INSTANCE.step("Power off")
def power_off(run: Run[Instance]) -> None:
    if run.resource.host is not None:
        parts.power_off(run)


@DESTROY_INSTANCE.finish
def meter(run: Run[Instance]) -> None:
    instance = run.resource
    release_cpu_and_memory(instance)
    parts.set_power_state(instance, "stopped")
    Instance.objects.filter(pk=instance.pk).update(destroyed_at=Now())
    emit_instance(instance, allocated=True, running=False)

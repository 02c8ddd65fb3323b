"""Out of the recycle bin: nothing of the instance stays anywhere."""

from __future__ import annotations

from cloudportal.jobs.run import Run
from cloudportal.jobs.workflow import Workflow
from compute.models import Instance
from compute.reservations import mark_removed, release_everything, root_pool
from compute.states import INSTANCE
from compute.usage import emit_instance
from compute.workflows import parts
from storage.engines import backend_of as storage_of
from storage.usage import emit_volume

EXPUNGE_INSTANCE = Workflow("compute.expunge_instance", "Expunge instance", move=INSTANCE.expunge, cancellable=False)


@EXPUNGE_INSTANCE.step("Remove the machine from its host")
def remove_definition(run: Run[Instance]) -> None:
    parts.remove_definition(run)


@EXPUNGE_INSTANCE.step("Remove the network cards")
def disconnect_cards(run: Run[Instance]) -> None:
    parts.disconnect_cards(run)


@EXPUNGE_INSTANCE.step("Delete the disks")
def delete_disks(run: Run[Instance]) -> None:
    pool = root_pool(run.resource)
    if pool is not None:
        storage_of(pool).delete_seed(run.resource.uuid)
    for row in run.resource.attachments.select_related("volume__pool"):
        if row.volume.pool is not None:
            run.checkpoint()
            storage_of(row.volume.pool).delete_volume(row.volume.uuid)


@EXPUNGE_INSTANCE.finish
def release(run: Run[Instance]) -> None:
    instance = run.resource
    for row in instance.attachments.select_related("volume__offering").filter(volume__removed_at=None):
        emit_volume(row.volume, held=False)
    release_everything(instance)
    mark_removed(instance)
    emit_instance(instance, allocated=False, running=False)

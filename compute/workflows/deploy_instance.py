"""From nothing to a running instance."""

from __future__ import annotations

from django.db.models.functions import Now

from cloudportal.core.driver_errors import Fatal
from cloudportal.jobs.run import Run
from cloudportal.jobs.workflow import Wait, Workflow
from compute.models import Instance
from compute.reservations import release_everything
from compute.states import INSTANCE
from compute.usage import emit_instance
from compute.workflows import parts
from storage.engines import backend_of as storage_of
from storage.engines import volume_spec
from storage.models import Volume
from storage.usage import emit_volume

DEPLOY_INSTANCE = Workflow("compute.deploy_instance", "Deploy instance", move=INSTANCE.deploy)

COPY_SECONDS = 6 * 3600


@DEPLOY_INSTANCE.step("Bring the template to primary storage", deadline_seconds=COPY_SECONDS)
def bring_template(run: Run[Instance]) -> Wait | None:
    return parts.bring_template(run)


@DEPLOY_INSTANCE.step("Create the root disk")
def create_root_disk(run: Run[Instance]) -> None:
    for row in run.resource.attachments.select_related("volume__pool", "volume__template"):
        volume = row.volume
        if volume.pool is None:
            raise Fatal(f"Volume {volume} has no room any more.")
        Volume.objects.filter(pk=volume.pk, state="Allocated").update(state="Creating")
        run.checkpoint()
        storage_of(volume.pool).create_volume(volume_spec(volume))


@create_root_disk.undo
def delete_root_disk(run: Run[Instance]) -> None:
    for row in run.resource.attachments.select_related("volume__pool"):
        if row.volume.pool is not None:
            storage_of(row.volume.pool).delete_volume(row.volume.uuid)


@DEPLOY_INSTANCE.step("Connect the network cards")
def connect_cards(run: Run[Instance]) -> Wait | None:
    return parts.connect_cards(run)


@connect_cards.undo
def disconnect_cards(run: Run[Instance]) -> None:
    parts.disconnect_cards(run)


@DEPLOY_INSTANCE.step("Write name, keys and user data")
def write_seed(run: Run[Instance]) -> None:
    parts.write_seed(run)


@write_seed.undo
def delete_seed(run: Run[Instance]) -> None:
    storage_of(parts.pool_of(run)).delete_seed(run.resource.uuid)


@DEPLOY_INSTANCE.step("Define the machine on its host")
def define(run: Run[Instance]) -> None:
    parts.define(run, run.reference_of("write_seed").get("source", ""))


@define.undo
def undefine(run: Run[Instance]) -> None:
    parts.remove_definition(run)


@DEPLOY_INSTANCE.step("Power on")
def power_on(run: Run[Instance]) -> None:
    parts.power_on(run)


@power_on.undo
def power_off(run: Run[Instance]) -> None:
    parts.power_off(run)


@DEPLOY_INSTANCE.finish
def meter(run: Run[Instance]) -> None:
    instance = run.resource
    parts.set_power_state(instance, "running")
    for row in instance.attachments.select_related("volume__offering"):
        Volume.objects.filter(pk=row.volume.pk).update(state="Ready")
        emit_volume(row.volume, held=True)
    emit_instance(instance, allocated=True, running=True)


@DEPLOY_INSTANCE.give_up
def release(run: Run[Instance]) -> None:
    release_everything(run.resource)
    Instance.objects.filter(pk=run.resource.pk).update(error=run.job.error, destroyed_at=Now())

"""From rows to the storage engine's values, and where files of secondary storage are."""

from __future__ import annotations

from pathlib import Path

from cloudportal.jobs.models import Job
from storage.backends.base import PoolTarget, StorageBackend, TemplateSpec, VolumeSpec
from storage.backends.registry import backend_for
from storage.examination import Examination
from storage.models import SecondaryStore, StoragePool, Template, Volume


def backend_of(pool: StoragePool) -> StorageBackend:
    """The engine of a pool; connects at the first call."""
    return backend_for(PoolTarget(pool.uuid, pool.url, pool.path, pool.username, pool.password))


def volume_spec(volume: Volume) -> VolumeSpec:
    template = volume.template.uuid if volume.template is not None else None
    return VolumeSpec(volume.uuid, volume.size_bytes, "qcow2", template)


def template_spec(template: Template) -> TemplateSpec:
    return TemplateSpec(template.uuid, "raw" if template.format == "raw" else "qcow2", template.file_bytes)


def import_token(job: Job) -> str:
    """The name of the import that a job makes, from which the reconciler finds the job again."""
    return job.uuid.hex


def template_file(template: Template) -> Path:
    """Where the complete image is, in the zone's secondary storage."""
    return Path(template.store.path) / "templates" / f"{template.uuid}.{template.format}"


def incoming_file(store: SecondaryStore, template: Template) -> Path:
    """Where the image is while it arrives."""
    return Path(store.path) / "incoming" / f"{template.uuid}.part"


def examination_of(template: Template) -> Examination:
    """The image's examination, wherever the image is: it moves when it has passed."""
    incoming, final = incoming_file(template.store, template), template_file(template)
    image = incoming if incoming.exists() else final
    return Examination(incoming.with_suffix(".check"), image, template.format, template.checksum)

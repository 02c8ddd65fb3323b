"""Pools that several workers and hosts use at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest

pytest.importorskip("libvirt", reason="libvirt-python is not installed")

from storage.backends.base import PoolTarget, StorageBackend, TemplateSpec, VolumeSpec
from storage.backends.libvirt.names import template_data
from storage.backends.registry import backend_for
from tests.drivers.importing import bring_in

if TYPE_CHECKING:
    from cloudportal.lab import Lab

MIB = 1024**2


def pool_on(lab: Lab, host: int, uuid: UUID) -> StorageBackend:
    pool = backend_for(PoolTarget(uuid, lab.hosts[host].libvirt_url, str(lab.shared / f"pool-{uuid}")))
    pool.prepare()
    return pool


@pytest.mark.lab
def test_what_one_host_makes_another_finds(lab: Lab) -> None:
    uuid = uuid4()
    first, second = pool_on(lab, 0, uuid), pool_on(lab, 1, uuid)
    volume = VolumeSpec(uuid4(), 5 * MIB)

    first.create_volume(volume)
    assert second.volume_source(volume.uuid) == first.volume_source(volume.uuid)

    second.delete_volume(volume.uuid)
    assert first.volumes() == {}
    first.delete_volume(volume.uuid)


@pytest.mark.lab
def test_workers_that_import_and_clone_at_once_get_whole_images(lab: Lab) -> None:
    pool = pool_on(lab, 0, uuid4())
    template = TemplateSpec(uuid4(), "raw", 8 * MIB)

    def import_and_clone(number: int) -> UUID:
        bring_in(pool, template, bytes(8 * MIB))
        volume = VolumeSpec(uuid4(), 10 * MIB, "qcow2" if number % 2 else "raw", template.uuid)
        pool.create_volume(volume)
        return volume.uuid

    with ThreadPoolExecutor(4) as workers:
        volumes = list(workers.map(import_and_clone, range(8)))

    assert pool.volumes().keys() == set(volumes)
    pool.delete_template(template.uuid)
    assert not pool.has_template(template.uuid)


@pytest.mark.lab
def test_a_clone_keeps_its_template_as_backing_and_is_new_enough_for_incremental_backups(lab: Lab) -> None:
    pool = pool_on(lab, 0, uuid4())
    template, volume = TemplateSpec(uuid4(), "raw", 8 * MIB), uuid4()
    bring_in(pool, template, bytes(8 * MIB))
    pool.create_volume(VolumeSpec(volume, 10 * MIB, "qcow2", template.uuid))

    facts = lab.on(lab.hosts[0].name, ["qemu-img", "info", pool.volume_source(volume)])

    assert "compat: 1.1" in facts
    assert f"template-{template.uuid}" in facts
    assert "backing file format: raw" in facts


def test_a_template_is_complete_when_its_mark_is_there() -> None:
    uuid = uuid4()

    assert template_data(uuid, [f"template-{uuid}-aa.qcow2"]) is None
    assert template_data(uuid, [f"template-{uuid}-aa.qcow2.ready"]) is None
    assert (
        template_data(uuid, [f"template-{uuid}-bb.raw", f"template-{uuid}-bb.raw.ready"]) == f"template-{uuid}-bb.raw"
    )
    assert template_data(uuid4(), [f"template-{uuid}-bb.raw", f"template-{uuid}-bb.raw.ready"]) is None

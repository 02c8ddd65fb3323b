"""What every storage driver promises, on every kind of pool."""

from __future__ import annotations

import random
import struct
import subprocess
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from cloudportal.infrastructure.drivers.errors import Fatal, NotFound, Unsupported
from storage.backends.base import ImportedPart, StorageBackend, TemplateSpec, VolumeSpec
from tests.drivers.importing import begun, bring_in

MIB = 1024**2


@pytest.fixture
def template(storage: StorageBackend) -> UUID:
    """A raw template of 3 MiB that is in the pool."""
    spec = TemplateSpec(uuid4(), "raw", 3 * MIB)
    bring_in(storage, spec, bytes(3 * MIB))
    return spec.uuid


def test_preparing_a_pool_again_is_success(storage: StorageBackend) -> None:
    storage.prepare()

    assert storage.volumes() == {}


def test_a_pool_tells_how_much_room_it_has(storage: StorageBackend) -> None:
    capacity = storage.capacity()

    assert 0 < capacity.available_bytes <= capacity.total_bytes


@pytest.mark.parametrize("format", ["qcow2", "raw"])
def test_a_volume_is_there_once_however_often_it_is_created(storage: StorageBackend, format: str) -> None:
    spec = VolumeSpec(uuid4(), 5 * MIB, "raw" if format == "raw" else "qcow2")

    storage.create_volume(spec)
    storage.create_volume(spec)

    assert storage.volumes().keys() == {spec.uuid}
    assert storage.volumes()[spec.uuid].size_bytes == 5 * MIB
    assert str(spec.uuid) in storage.volume_source(spec.uuid)


def test_a_deleted_volume_is_gone_and_deleting_it_again_is_success(storage: StorageBackend) -> None:
    spec = VolumeSpec(uuid4(), 5 * MIB)
    storage.create_volume(spec)

    storage.delete_volume(spec.uuid)
    storage.delete_volume(spec.uuid)

    assert storage.volumes() == {}
    with pytest.raises(NotFound):
        storage.volume_source(spec.uuid)


def test_a_volume_grows_and_never_shrinks(storage: StorageBackend) -> None:
    spec = VolumeSpec(uuid4(), 5 * MIB)
    storage.create_volume(spec)
    try:
        storage.resize_volume(spec.uuid, 8 * MIB)
    except Unsupported as error:
        pytest.skip(str(error))
    storage.resize_volume(spec.uuid, 8 * MIB)

    with pytest.raises(Fatal):
        storage.resize_volume(spec.uuid, 7 * MIB)
    assert storage.volumes()[spec.uuid].size_bytes == 8 * MIB


def test_a_missing_volume_can_not_be_resized(storage: StorageBackend) -> None:
    with pytest.raises(NotFound):
        storage.resize_volume(uuid4(), 8 * MIB)


def test_a_template_is_there_when_it_is_complete(storage: StorageBackend, template: UUID) -> None:
    assert storage.has_template(template)
    assert not storage.has_template(uuid4())
    assert storage.volumes() == {}


def test_an_import_that_is_over_may_be_finished_again(storage: StorageBackend) -> None:
    spec = TemplateSpec(uuid4(), "raw", 3 * MIB)
    token = begun(storage, spec)
    storage.write_import(spec, token, 0, bytes(3 * MIB))

    storage.finish_import(spec, token)
    storage.finish_import(spec, token)

    assert storage.has_template(spec.uuid)
    assert storage.imports() == frozenset()


def test_pieces_lie_where_they_belong_in_whatever_order_and_however_often_they_come(storage: StorageBackend) -> None:
    image = random.Random(7).randbytes(3 * MIB)
    spec = TemplateSpec(uuid4(), "raw", 3 * MIB)
    token = begun(storage, spec)

    for start, end in [(MIB, 2 * MIB), (2 * MIB, 3 * MIB), (0, MIB), (MIB // 2, 2 * MIB - 7)]:
        storage.write_import(spec, token, start, image[start:end])

    assert storage.read_import(spec, token, 0, 3 * MIB) == image
    assert storage.read_import(spec, token, MIB - 5, 10) == image[MIB - 5 : MIB + 5]
    assert not storage.has_template(spec.uuid), "it has not been finished"
    storage.finish_import(spec, token)
    assert storage.has_template(spec.uuid)


def test_an_import_that_was_begun_keeps_its_pieces_when_it_is_begun_again(storage: StorageBackend) -> None:
    spec = TemplateSpec(uuid4(), "raw", 3 * MIB)
    token = begun(storage, spec)
    storage.write_import(spec, token, MIB, b"a piece")

    assert not storage.begin_import(spec, token)

    assert storage.read_import(spec, token, MIB - 1, 9) == b"\0a piece\0"


def test_an_import_that_stopped_is_found_and_deleted_with_all_its_parts(storage: StorageBackend) -> None:
    spec, other = TemplateSpec(uuid4(), "raw", 3 * MIB), TemplateSpec(uuid4(), "raw", 3 * MIB)
    token, stays = begun(storage, spec), begun(storage, other)
    storage.write_import(spec, token, 0, bytes(MIB))
    assert storage.imports() == {ImportedPart(spec.uuid, token), ImportedPart(other.uuid, stays)}

    storage.delete_import(ImportedPart(spec.uuid, token))
    storage.delete_import(ImportedPart(spec.uuid, token))

    assert storage.imports() == {ImportedPart(other.uuid, stays)}
    with pytest.raises(NotFound):
        storage.write_import(spec, token, MIB, bytes(MIB))
    with pytest.raises(NotFound):
        storage.finish_import(spec, token)
    storage.delete_template(other.uuid)
    assert storage.imports() == frozenset()


def test_a_template_that_appeared_is_no_part_of_an_import_any_more(storage: StorageBackend) -> None:
    spec = TemplateSpec(uuid4(), "raw", 3 * MIB)
    token = begun(storage, spec)
    storage.write_import(spec, token, 0, bytes(3 * MIB))
    storage.finish_import(spec, token)

    storage.delete_import(ImportedPart(spec.uuid, token))

    assert storage.has_template(spec.uuid)


def test_nothing_is_written_beyond_the_image(storage: StorageBackend) -> None:
    spec = TemplateSpec(uuid4(), "raw", 3 * MIB)
    token = begun(storage, spec)

    with pytest.raises(Fatal, match="more than the 3145728 bytes"):
        storage.write_import(spec, token, 3 * MIB - 1, b"xx")


def test_a_qcow2_image_is_one_that_came_in_pieces_too(storage: StorageBackend, tmp_path: Path) -> None:
    """Once its head has come, the engine may see more in the file than bytes."""
    image = tmp_path / "image.qcow2"
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", image, "5M"], check=True)
    subprocess.run(["qemu-io", "-c", "write -q -P 7 0 2M", image], check=True)
    data = image.read_bytes()
    spec = TemplateSpec(uuid4(), "qcow2", len(data))
    token = begun(storage, spec)

    for start in range(0, len(data), 300_000):
        storage.begin_import(spec, token)
        storage.write_import(spec, token, start, data[start : start + 300_000])

    assert storage.read_import(spec, token, 0, len(data)) == data
    storage.finish_import(spec, token)
    storage.create_volume(VolumeSpec(uuid4(), 8 * MIB, "qcow2", spec.uuid))
    with pytest.raises(Fatal):
        storage.create_volume(VolumeSpec(uuid4(), 4 * MIB, "qcow2", spec.uuid))


@pytest.mark.parametrize(
    "header",
    [
        pytest.param(struct.pack(">4sIQ", b"QFI\xfb", 3, 4096) + bytes(88), id="backing-file"),
        pytest.param(struct.pack(">4sIQ56xQ", b"QFI\xfb", 3, 0, 4) + bytes(24), id="external-data"),
        pytest.param(b"no image at all" + bytes(89), id="no-image"),
    ],
)
def test_an_image_that_can_not_be_taken_never_appears(storage: StorageBackend, header: bytes) -> None:
    spec = TemplateSpec(uuid4(), "qcow2", len(header))
    token = begun(storage, spec)

    with pytest.raises(Fatal, match="image"):
        storage.write_import(spec, token, 0, header)
    storage.write_import(spec, token, 1, header[1:])
    storage.write_import(spec, token, 0, header[:1])
    with pytest.raises(Fatal, match="image"):
        storage.finish_import(spec, token)

    assert not storage.has_template(spec.uuid)


def test_a_deleted_template_is_gone_and_deleting_it_again_is_success(storage: StorageBackend, template: UUID) -> None:
    storage.delete_template(template)
    storage.delete_template(template)

    assert not storage.has_template(template)


@pytest.mark.parametrize("format", ["qcow2", "raw"])
def test_a_volume_is_cloned_from_a_template(storage: StorageBackend, template: UUID, format: str) -> None:
    spec = VolumeSpec(uuid4(), 10 * MIB, "raw" if format == "raw" else "qcow2", template)

    storage.create_volume(spec)
    storage.create_volume(spec)

    assert storage.volumes()[spec.uuid].size_bytes == 10 * MIB


def test_a_clone_is_at_least_as_large_as_its_template(storage: StorageBackend, template: UUID) -> None:
    with pytest.raises(Fatal):
        storage.create_volume(VolumeSpec(uuid4(), 1 * MIB, "qcow2", template))

    assert storage.volumes() == {}


def test_a_clone_of_a_missing_template_is_not_found(storage: StorageBackend) -> None:
    with pytest.raises(NotFound):
        storage.create_volume(VolumeSpec(uuid4(), 10 * MIB, "qcow2", uuid4()))


def test_a_seed_replaces_an_older_one_and_is_deleted_once(storage: StorageBackend) -> None:
    uuid = uuid4()
    try:
        first = storage.put_seed(uuid, b"old seed" * 100)
        second = storage.put_seed(uuid, b"a newer and longer seed" * 100)
    except Unsupported as error:
        pytest.skip(str(error))

    assert first == second
    assert storage.seeds() == {uuid}
    storage.delete_seed(uuid)
    storage.delete_seed(uuid)
    assert storage.seeds() == frozenset()

"""What every storage driver promises, on every kind of pool."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest

from cloudportal.infrastructure.drivers.errors import Fatal, NotFound, Unsupported
from storage.backends.base import StorageBackend, TemplateSpec, VolumeSpec

MIB = 1024**2


def in_chunks(data: bytes, size: int = 100_000) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


@pytest.fixture
def template(storage: StorageBackend) -> UUID:
    """A raw template of 3 MiB that is in the pool."""
    uuid = uuid4()
    bring_in(storage, uuid, bytes(3 * MIB))
    return uuid


def bring_in(storage: StorageBackend, uuid: UUID, data: bytes) -> None:
    try:
        storage.import_template(TemplateSpec(uuid, "raw", len(data)), in_chunks(data))
    except Unsupported as error:
        pytest.skip(str(error))


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


def test_importing_a_template_again_is_success(storage: StorageBackend, template: UUID) -> None:
    bring_in(storage, template, bytes(3 * MIB))

    assert storage.has_template(template)


@pytest.mark.parametrize("length", [2 * MIB, 4 * MIB])
def test_a_template_of_another_length_than_promised_never_appears(storage: StorageBackend, length: int) -> None:
    uuid = uuid4()
    try:
        with pytest.raises(Fatal, match="bytes"):
            storage.import_template(TemplateSpec(uuid, "raw", 3 * MIB), in_chunks(bytes(length)))
    except Unsupported as error:
        pytest.skip(str(error))

    assert not storage.has_template(uuid)


def test_a_template_whose_source_breaks_off_never_appears_and_may_be_imported_again(storage: StorageBackend) -> None:
    uuid = uuid4()

    def broken() -> Iterator[bytes]:
        yield bytes(MIB)
        raise ConnectionResetError("the store went away")

    try:
        with pytest.raises(ConnectionResetError):
            storage.import_template(TemplateSpec(uuid, "raw", 3 * MIB), broken())
    except Unsupported as error:
        pytest.skip(str(error))
    assert not storage.has_template(uuid)

    bring_in(storage, uuid, bytes(3 * MIB))

    assert storage.has_template(uuid)


@pytest.mark.parametrize(
    "header",
    [
        pytest.param(struct.pack(">4sIQ", b"QFI\xfb", 3, 4096) + bytes(88), id="backing-file"),
        pytest.param(struct.pack(">4sIQ56xQ", b"QFI\xfb", 3, 0, 4) + bytes(24), id="external-data"),
    ],
)
def test_an_image_that_reaches_for_other_files_is_refused(storage: StorageBackend, header: bytes) -> None:
    uuid = uuid4()

    with pytest.raises(Fatal, match="image"):
        storage.import_template(TemplateSpec(uuid, "qcow2", len(header)), iter([header]))

    assert not storage.has_template(uuid)


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

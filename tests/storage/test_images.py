"""Images that are whole, and images that lost something on their way."""

from __future__ import annotations

import os
import random
import struct
import subprocess
from pathlib import Path

import pytest

from cloudportal.core.driver_errors import Fatal
from storage.images import inspect
from tests.factories import MIB

KINDS = {
    "plain": ["create", "-o", "cluster_size=65536"],
    "small-clusters": ["create", "-o", "cluster_size=4096"],
    "subclusters": ["create", "-o", "extended_l2=on,cluster_size=128k"],
    "old": ["create", "-o", "compat=0.10"],
    "preallocated": ["create", "-o", "preallocation=falloc"],
    "wide-refcounts": ["create", "-o", "refcount_bits=64"],
    "compressed": ["convert", "-c", "-o", "compression_type=zlib"],
    "compressed-zstd": ["convert", "-c", "-o", "compression_type=zstd"],
    "compressed-in-turns": ["convert", "-c", "-W", "-o", "cluster_size=65536"],
}


def run(*command: object) -> None:
    subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL)


def image_of(kind: str, directory: Path) -> Path:
    """A disk of 24 MiB with something at its beginning and at its end."""
    command, *options = KINDS[kind]
    image = directory / f"{kind}.qcow2"
    if command == "create":
        run("qemu-img", "create", "-q", "-f", "qcow2", *options, image, "24M")
        run("qemu-io", "-c", "write -q -P 3 0 5M", "-c", "write -q -P 4 20M 3M", image)
        return image
    raw = directory / "raw"
    # Words compress, so that several clusters of the disk share one of the file.
    words = b" ".join(random.Random(3).choices([b"cloud", b"portal", b"disk", b"image"], k=2 * MIB))
    raw.write_bytes(words[: 6 * MIB] + bytes(12 * MIB) + words[-6 * MIB :])
    run("qemu-img", "convert", "-q", "-f", "raw", "-O", "qcow2", *options[1:], options[0], raw, image)
    return image


@pytest.mark.parametrize("kind", KINDS)
def test_a_whole_image_is_taken(tmp_path: Path, kind: str) -> None:
    assert inspect(image_of(kind, tmp_path), "qcow2").size_bytes == 24 * MIB


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [0.3, 0.5, 0.9])
def test_half_an_image_is_refused(tmp_path: Path, kind: str, share: float) -> None:
    image = image_of(kind, tmp_path)
    os.truncate(image, int(image.stat().st_size * share))

    with pytest.raises(Fatal, match="The image is damaged, or its end is missing: qemu-img check finds"):
        inspect(image, "qcow2")


def test_an_image_cut_off_in_its_tables_is_refused(tmp_path: Path) -> None:
    image = image_of("plain", tmp_path)
    for length in (200, 70_000):
        os.truncate(image, length)
        with pytest.raises(Fatal, match=r"not an image|damaged"):
            inspect(image, "qcow2")


def test_an_image_with_zeros_where_its_tables_were_is_refused(tmp_path: Path) -> None:
    """A transfer that lost a part in the middle has the right length."""
    image = image_of("plain", tmp_path)
    with image.open("r+b") as file:
        file.seek(65536)
        file.write(bytes(65536))

    with pytest.raises(Fatal, match=r"not an image|damaged"):
        inspect(image, "qcow2")


def test_an_image_that_only_wastes_room_is_taken(tmp_path: Path) -> None:
    """A machine that lost power leaves clusters that are marked as used and belong to nothing."""
    image = image_of("plain", tmp_path)
    with image.open("r+b") as file:
        cluster = image.stat().st_size >> 16
        file.seek(48)
        file.seek(struct.unpack(">Q", file.read(8))[0])
        file.seek(struct.unpack(">Q", file.read(8))[0] + 2 * cluster)
        file.write(struct.pack(">H", 1))
        file.seek(0, os.SEEK_END)
        file.write(bytes(65536))
    found = subprocess.run(["qemu-img", "check", "-q", image], check=False, stderr=subprocess.DEVNULL)
    assert found.returncode == 3, "it has leaks"

    assert inspect(image, "qcow2").size_bytes == 24 * MIB


def test_an_image_with_snapshots_is_taken(tmp_path: Path) -> None:
    image = image_of("plain", tmp_path)
    run("qemu-img", "snapshot", "-c", "before", image)
    run("qemu-io", "-c", "write -q -P 9 0 2M", image)

    assert inspect(image, "qcow2").size_bytes == 24 * MIB


def test_an_encrypted_image_is_refused(tmp_path: Path) -> None:
    image = tmp_path / "secret.qcow2"
    # The older of the two ways: for LUKS, qemu-img measures the processor first, and gives up on a busy machine.
    options = "encrypt.format=aes,encrypt.key-secret=key"
    run("qemu-img", "create", "-q", "-f", "qcow2", "--object", "secret,id=key,data=decoy", "-o", options, image, "1M")

    with pytest.raises(Fatal, match="encrypted"):
        inspect(image, "qcow2")

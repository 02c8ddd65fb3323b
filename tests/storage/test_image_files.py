"""Which files are images that stand by themselves."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from cloudportal.core.driver_errors import Fatal
from storage.images import inspect
from tests.factories import MIB


def test_an_image_that_leans_on_another_file_is_refused(tmp_path: Path) -> None:
    decoy = tmp_path / "decoy"
    decoy.write_bytes(b"secret" * 1000)
    image = tmp_path / "leaning.qcow2"
    _qemu_img("create", "-q", "-f", "qcow2", "-F", "raw", "-b", decoy, image)
    with pytest.raises(Fatal, match="backing file"):
        inspect(image, "qcow2")


def test_an_image_that_keeps_its_data_elsewhere_is_refused(tmp_path: Path) -> None:
    image = tmp_path / "outside.qcow2"
    _qemu_img("create", "-q", "-f", "qcow2", "-o", f"data_file={tmp_path / 'decoy'},data_file_raw=on", image, "1M")
    for path in (tmp_path / "decoy", None):
        with pytest.raises(Fatal, match="data in another file"):
            inspect(image, "qcow2")
        if path is not None:
            path.unlink()


def test_an_image_without_a_disk_is_refused(tmp_path: Path) -> None:
    for size, words in (("0", "is empty"), ("3T", "at most 2 are accepted")):
        image = tmp_path / f"{size}.qcow2"
        _qemu_img("create", "-q", "-f", "qcow2", image, size)
        with pytest.raises(Fatal, match=words):
            inspect(image, "qcow2")


def test_a_good_image_is_measured(tmp_path: Path) -> None:
    image = tmp_path / "good.qcow2"
    _qemu_img("create", "-q", "-f", "qcow2", image, "5M")
    assert inspect(image, "qcow2").size_bytes == 5 * MIB


def _qemu_img(*arguments: object) -> None:
    subprocess.run(["qemu-img", *map(str, arguments)], check=True)

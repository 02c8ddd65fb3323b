"""What is in an image file. The file is a stranger's: it is looked at in a process with little of everything."""

from __future__ import annotations

import hashlib
import json
import resource
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cloudportal.core.driver_errors import Fatal
from storage.backends.images import HEADER_BYTES, check_image

BLOCK = 1 << 20
LOOK_SECONDS = 30
LOOK_MEMORY_BYTES = 1 << 30
LARGEST_BYTES = 2 << 40
BOOT_SIGNATURE = b"\x55\xaa"
SECTOR = 512


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """The size of the disk in an image, and the sum of its file."""

    size_bytes: int
    file_bytes: int
    checksum: str


def inspect(path: Path, image_format: str, wanted_checksum: str = "") -> ImageFacts:
    """Judge an image.

    Raises:
        Fatal: it is no image of that format, leans on another file, is too large, or has another checksum.
    """
    checksum = _checksum(path)
    if wanted_checksum and checksum != wanted_checksum:
        raise Fatal(f"The checksum is {checksum}, not {wanted_checksum}.")
    size = _raw_size(path) if image_format == "raw" else _qcow2_size(path)
    if size < SECTOR:
        raise Fatal("The disk in the image is empty.")
    if size > LARGEST_BYTES:
        raise Fatal(f"The disk in the image has {size / 2**40:.1f} TiB; at most {LARGEST_BYTES >> 40} are accepted.")
    return ImageFacts(size, path.stat().st_size, checksum)


def _checksum(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return f"sha256:{digest.hexdigest()}"


def _qcow2_size(path: Path) -> int:
    # By its header first: qemu-img itself would open the data file that an image names.
    with path.open("rb") as file:
        check_image("qcow2", file.read(HEADER_BYTES))
    facts = _qemu_img(path, "qcow2")
    if facts.get("backing-filename") or _has_data_file(facts):
        raise Fatal("The image leans on another file, which is not accepted. Flatten it first.")
    return int(facts["virtual-size"])


def _qemu_img(path: Path, image_format: str) -> dict[str, Any]:
    # The format is given, so that a file can't choose how it is read.
    command = ["qemu-img", "info", "--output=json", "-f", image_format, str(path)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=LOOK_SECONDS, preexec_fn=_with_little, check=False)
    except subprocess.TimeoutExpired as error:
        raise Fatal("The image can't be read in reasonable time.") from error
    if done.returncode != 0:
        raise Fatal(f"That is not an image in {image_format} format.")
    facts: dict[str, Any] = json.loads(done.stdout)
    return facts


def _with_little() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (LOOK_SECONDS, LOOK_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (LOOK_MEMORY_BYTES, LOOK_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def _has_data_file(facts: dict[str, Any]) -> bool:
    specific = facts.get("format-specific")
    data = specific.get("data") if isinstance(specific, dict) else None
    return isinstance(data, dict) and bool(data.get("data-file"))


def _raw_size(path: Path) -> int:
    """Anything at all is a raw image; a disk that boots has a signature at the end of its first sector."""
    with path.open("rb") as file:
        if file.read(SECTOR)[SECTOR - 2 :] != BOOT_SIGNATURE:
            raise Fatal("That is not a raw disk image: its first sector has no boot signature.")
    return -(-path.stat().st_size // SECTOR) * SECTOR

"""What is in an image file. The file is a stranger's: it is looked at in a process with little of everything."""

from __future__ import annotations

import hashlib
import json
import os
import resource
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cloudportal.core.driver_errors import Fatal
from storage.backends.images import HEADER_BYTES, check_image

BLOCK = 1 << 20
LOOK_SECONDS = 30
# A check reads all tables of an image: it may take as long as reading the whole file from a slow disk.
CHECK_BYTES_PER_SECOND = 50 << 20
LOOK_MEMORY_BYTES = 1 << 30
LARGEST_BYTES = 2 << 40
BOOT_SIGNATURE = b"\x55\xaa"
SECTOR = 512
TICK_SECONDS = 0.5
# https://gitlab.com/qemu-project/qemu/-/blob/master/docs/tools/qemu-img.rst, "check": what was found.
WHOLE, DAMAGED, LEAKING = 0, 2, 3

# Called now and then with how many bytes have been read; what it raises ends the examination.
Tick = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """The size of the disk in an image, and the sum of its file."""

    size_bytes: int
    file_bytes: int
    checksum: str


def inspect(path: Path, image_format: str, wanted_checksum: str = "", tick: Tick = lambda _read: None) -> ImageFacts:
    """Judge an image, and see that it is on the disk.

    A qcow2 file that lost its end is noticed when a whole cluster is missing: the last one may be shorter in a good
    image too. Of a raw one only the checksum tells.

    Raises:
        Fatal: it is no image of that format, leans on another file, is damaged or too large, or has another checksum.
    """
    checksum = _checksum(path, tick)
    if wanted_checksum and checksum != wanted_checksum:
        raise Fatal(f"The checksum is {checksum}, not {wanted_checksum}.")
    size = _raw_size(path) if image_format == "raw" else _qcow2_size(path, tick)
    if size < SECTOR:
        raise Fatal("The disk in the image is empty.")
    if size > LARGEST_BYTES:
        raise Fatal(f"The disk in the image has {size / 2**40:.1f} TiB; at most {LARGEST_BYTES >> 40} are accepted.")
    return ImageFacts(size, path.stat().st_size, checksum)


def _checksum(path: Path, tick: Tick) -> str:
    digest, read = hashlib.sha256(), 0
    with path.open("rb") as file:
        # Before anybody is told that it is good.
        os.fsync(file.fileno())
        while block := file.read(BLOCK):
            digest.update(block)
            read += len(block)
            tick(read)
    return f"sha256:{digest.hexdigest()}"


def _qcow2_size(path: Path, tick: Tick) -> int:
    # By its header first: qemu-img itself would open the data file that an image names.
    with path.open("rb") as file:
        check_image("qcow2", file.read(HEADER_BYTES))
    facts = _info(path, tick)
    if facts.get("backing-filename") or _has_data_file(facts):
        raise Fatal("The image leans on another file, which is not accepted. Flatten it first.")
    if facts.get("encrypted"):
        raise Fatal("The image is encrypted, and nobody here has its key. Decrypt it first.")
    _refuse_damaged(path, tick)
    return int(facts["virtual-size"])


def _info(path: Path, tick: Tick) -> dict[str, Any]:
    status, found = _qemu_img("info", path, LOOK_SECONDS, tick)
    if status != 0:
        raise Fatal("That is not an image in qcow2 format.")
    return found


def _refuse_damaged(path: Path, tick: Tick) -> None:
    """Clusters that are marked as used and are not, waste room and do no harm."""
    seconds = LOOK_SECONDS + path.stat().st_size // CHECK_BYTES_PER_SECOND
    status, found = _qemu_img("check", path, seconds, tick)
    if status in {WHOLE, LEAKING}:
        return
    if status != DAMAGED:
        raise Fatal("The image can't be checked: its tables are damaged or too large.")
    errors = f"qemu-img check finds {found.get('corruptions', 0)} errors"
    raise Fatal(f"The image is damaged, or its end is missing: {errors}. Fetch it again, or repair it.")


def _qemu_img(command: str, path: Path, seconds: int, tick: Tick) -> tuple[int, dict[str, Any]]:
    """Its exit status and what it found."""

    size = path.stat().st_size

    def with_little() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        resource.setrlimit(resource.RLIMIT_AS, (LOOK_MEMORY_BYTES, LOOK_MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))

    # The format is given, so that a file can't choose how it is read. A damaged file may have millions of errors.
    argv = ["qemu-img", command, "--output=json", "-f", "qcow2", str(path)]
    nothing, path_alone = subprocess.DEVNULL, {"PATH": os.environ.get("PATH", os.defpath)}
    with subprocess.Popen(
        argv, env=path_alone, stdin=nothing, stdout=subprocess.PIPE, stderr=nothing, preexec_fn=with_little
    ) as process:
        try:
            output = _wait(process, seconds, lambda: tick(size))
        finally:
            process.kill()
    return process.returncode, json.loads(output) if output.strip() else {}


def _wait(process: subprocess.Popen[bytes], seconds: int, tick: Callable[[], None]) -> bytes:
    for _ in range(int(seconds / TICK_SECONDS)):
        try:
            return process.communicate(timeout=TICK_SECONDS)[0]
        except subprocess.TimeoutExpired:
            tick()
    raise Fatal("The image can't be read in reasonable time.")


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

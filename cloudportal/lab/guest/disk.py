"""Putting the guest's disk together: a boot partition for syslinux and a root partition, without mounting either."""

from pathlib import Path

from cloudportal.lab.guest.initrd import FILES
from cloudportal.lab.shell import run

_MIB = 1024 * 1024
_SECTOR = 512
_DISK_MIB = 96
_BOOT_START_MIB, _BOOT_MIB = 1, 24
_ROOT_START_MIB = _BOOT_START_MIB + _BOOT_MIB
_MASTER_BOOT_RECORD = Path("/usr/lib/syslinux/mbr/mbr.bin")
# Offset of "hidden sectors" in a FAT boot sector: syslinux finds its files only when it says where the partition is.
_HIDDEN_SECTORS_OFFSET = 28


def make_disk(work: Path, *, kernel: Path, initrd: Path, root: Path) -> Path:
    disk = work / "disk.raw"
    _truncate(disk, _DISK_MIB)
    _partition(disk)
    boot = _make_boot(
        work / "boot.fat", {"vmlinuz": kernel, "initrd.img": initrd, "syslinux.cfg": FILES / "syslinux.cfg"}
    )
    rootfs = work / "root.ext4"
    options = ["-q", "-t", "ext4", "-L", "root", "-J", "size=4", "-d", str(root)]
    run(["mke2fs", *options, str(rootfs), f"{_DISK_MIB - _ROOT_START_MIB}M"])
    with disk.open("r+b") as target:
        target.write(_MASTER_BOOT_RECORD.read_bytes()[:440])
        for start_mib, part in ((_BOOT_START_MIB, boot), (_ROOT_START_MIB, rootfs)):
            target.seek(start_mib * _MIB)
            target.write(part.read_bytes())
    return disk


def _partition(disk: Path) -> None:
    start, size = _BOOT_START_MIB * _MIB // _SECTOR, _BOOT_MIB * _MIB // _SECTOR
    table = f"label: dos\nstart={start},size={size},type=6,bootable\nstart={start + size},type=83\n"
    run(["sh", "-c", 'printf "%s" "$1" | sfdisk -q "$2"', "sh", table, str(disk)])


def _make_boot(part: Path, files: dict[str, Path]) -> Path:
    _truncate(part, _BOOT_MIB)
    run(["mkfs.vfat", "-F", "16", "-n", "BOOT", str(part)])
    for name, source in files.items():
        run(["mcopy", "-i", str(part), str(source), f"::{name}"])
    with part.open("r+b") as target:
        target.seek(_HIDDEN_SECTORS_OFFSET)
        target.write((_BOOT_START_MIB * _MIB // _SECTOR).to_bytes(4, "little"))
    run(["syslinux", "-i", str(part)])
    return part


def _truncate(path: Path, size_mib: int) -> None:
    with path.open("wb") as target:
        target.truncate(size_mib * _MIB)

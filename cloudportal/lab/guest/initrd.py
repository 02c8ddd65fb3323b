"""The initial RAM disk: busybox and the few modules without which there is no disk."""

import shutil
from pathlib import Path

from cloudportal.lab.guest.packages import Sources
from cloudportal.lab.shell import run

FILES = Path(__file__).parent / "files"
# ext4 and packet sockets are built into this kernel. It has no AHCI: a SATA disk or CD is invisible to it.
_MODULES = (
    *("drivers/virtio/virtio", "drivers/virtio/virtio_ring", "drivers/virtio/virtio_pci"),
    *("drivers/block/virtio_blk", "drivers/scsi/virtio_scsi", "drivers/scsi/sd_mod", "drivers/scsi/sr_mod"),
    *("fs/isofs/isofs", "drivers/ata/ata_piix", "drivers/net/virtio_net", "drivers/acpi/button"),
    *("drivers/input/evdev", "drivers/virtio/virtio_balloon", "drivers/char/hw_random/virtio-rng"),
    *("drivers/char/virtio_console", "drivers/virtio/virtio_mem"),
)


def make_initrd(work: Path, sources: Sources) -> Path:
    tree = work / "initrd"
    for directory in ("bin", "modules", "dev", "proc", "sys", "newroot"):
        (tree / directory).mkdir(parents=True)
    shutil.copy2("/bin/busybox", tree / "bin" / "busybox")
    shutil.copy2(FILES / "init", tree / "init")
    (tree / "init").chmod(0o755)
    needed = _load_order((sources.modules / "modules.dep").read_text())
    for module in needed:
        shutil.copy2(sources.modules / module, tree / "modules")
    (tree / "modules" / "order").write_text("".join(f"{Path(module).name}\n" for module in needed))
    image = work / "initrd.img"
    run(["sh", "-c", 'cd "$1" && find . | cpio -o -H newc --quiet | gzip -1 >"$2"', "sh", str(tree), str(image)])
    return image


def _load_order(modules_dep: str) -> list[str]:
    """The wanted modules and what they need, each after what it needs itself."""
    needs = {}
    for line in modules_dep.splitlines():
        module, _, others = line.partition(":")
        needs[module] = others.split()
    wanted = [f"kernel/{name}.ko" for name in _MODULES]
    # depmod lists what a module needs from the nearest to the farthest, so the last one loads first.
    ordered = [part for module in wanted if module in needs for part in [*reversed(needs[module]), module]]
    return list(dict.fromkeys(ordered))

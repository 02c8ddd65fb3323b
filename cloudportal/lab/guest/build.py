"""Building the guest's disk: no loop device, no mount, no virtual machine. About 19 MB, 5 s."""

import hashlib
import os
import tempfile
from pathlib import Path

from cloudportal.lab.guest.disk import make_disk
from cloudportal.lab.guest.initrd import make_initrd
from cloudportal.lab.guest.packages import Sources, fetch_sources
from cloudportal.lab.guest.rootfs import make_rootfs
from cloudportal.lab.shell import run

DEFAULT_IMAGE = Path(__file__).resolve().parents[3] / ".local" / "cache" / "guest.qcow2"


def build_guest(image: Path = DEFAULT_IMAGE) -> bool:
    """Make sure that `image` is what the recipe in this package gives. False when it was so already.

    Root is locked; a NoCloud seed gives it a password or keys. Speaks DHCP, ssh (22), http (80), the guest agent;
    logins on the first serial port and on the screen.

    Raises:
        LabError: a program or package is missing, or the packages can't be downloaded.
    """
    recipe = image.with_suffix(".recipe")
    if image.exists() and recipe.exists() and recipe.read_text() == _recipe():
        return False
    image.parent.mkdir(parents=True, exist_ok=True)
    sources = fetch_sources(image.parent / "guest-packages")
    with tempfile.TemporaryDirectory(prefix="guest-", dir=image.parent) as work:
        made = _build(Path(work), sources)
        recipe.unlink(missing_ok=True)
        made.replace(image)
    recipe.write_text(_recipe())
    return True


def _build(work: Path, sources: Sources) -> Path:
    initrd = make_initrd(work, sources)
    root = make_rootfs(work / "root", sources)
    raw = make_disk(work, kernel=sources.kernel_image, initrd=initrd, root=root)
    image = work / "guest.qcow2"
    run(["qemu-img", "convert", "-c", "-O", "qcow2", str(raw), str(image)], timeout=120)
    return image


def _recipe() -> str:
    digest = hashlib.sha256()
    here = Path(__file__).parent
    for path in sorted([*here.glob("*.py"), *(here / "files").iterdir()]):
        digest.update(os.fsencode(path.name) + b"\0" + path.read_bytes())
    return digest.hexdigest()

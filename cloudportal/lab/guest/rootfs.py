"""The guest's root file system: busybox, dropbear and the guest agent, and the few scripts in `files`."""

import re
import shutil
from pathlib import Path

from cloudportal.lab.guest.initrd import FILES
from cloudportal.lab.guest.packages import Sources
from cloudportal.lab.shell import run

_DIRECTORIES = (
    *("bin", "sbin", "etc/acpi/PWRF", "etc/dropbear", "dev", "proc", "sys", "run", "tmp", "mnt", "root/.ssh"),
    *("var/lib/cloud", "var/log", "usr/bin", "usr/sbin", "lib/x86_64-linux-gnu", "lib64"),
)
_SCRIPTS = {
    "boot": "etc/boot",
    "seed": "etc/seed",
    "network-up": "etc/network-up",
    "lease": "etc/lease",
    "hotplug": "etc/hotplug",
    "power-button": "etc/acpi/PWRF/00000080",  # the name by which busybox acpid looks for it
    "chpasswd": "usr/sbin/chpasswd",
    "shutdown": "sbin/shutdown",
}
_TEXTS = {
    "etc/passwd": "root:x:0:0:root:/root:/bin/sh\n",
    "etc/shadow": "root:*:19000:0:99999:7:::\n",
    "etc/group": "root:x:0:\n",
    "etc/shells": "/bin/sh\n",
    "etc/hostname": "guest\n",
    "etc/nsswitch.conf": "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\n",
}


def make_rootfs(root: Path, sources: Sources) -> Path:
    for directory in _DIRECTORIES:
        (root / directory).mkdir(parents=True, exist_ok=True)
    _install_busybox(root)
    for program in ("/usr/sbin/dropbear", "/usr/bin/dropbearkey"):
        _install(root, Path(program), program)
    _install(root, sources.agent / "usr/sbin/qemu-ga", "/usr/sbin/qemu-ga")
    for name, target in _SCRIPTS.items():
        shutil.copyfile(FILES / name, root / target)
        (root / target).chmod(0o755)
    for name in ("inittab", "issue"):
        shutil.copyfile(FILES / name, root / "etc" / name)
    for name, text in _TEXTS.items():
        (root / name).write_text(text)
    (root / "etc/shadow").chmod(0o600)
    (root / "root/.ssh").chmod(0o700)
    return root


def _install_busybox(root: Path) -> None:
    shutil.copy2("/bin/busybox", root / "bin" / "busybox")
    for applet in run(["/bin/busybox", "--list"]).split():
        if applet != "busybox":
            (root / "bin" / applet).symlink_to("busybox")
    for applet in ("init", "getty", "poweroff", "reboot", "halt", "ifconfig", "route"):
        (root / "sbin" / applet).symlink_to("../bin/busybox")
    (root / "usr/sbin/acpid").symlink_to("../../bin/busybox")


def _install(root: Path, program: Path, target: str) -> None:
    """Copy a program and the libraries that it is linked to."""
    _copy(program, root / target.lstrip("/"))
    for library in re.findall(r"/lib\S+", run(["ldd", str(program)])):
        if not (root / library.lstrip("/")).exists():
            _copy(Path(library), root / library.lstrip("/"))


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(source, target)

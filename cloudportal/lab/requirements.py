"""Whether this machine can carry a lab, and what is missing if not."""

import os
import shutil
from pathlib import Path

from cloudportal.lab.shell import LabError, environment, run

_PROGRAMS = {
    "unshare": "util-linux",
    "nsenter": "util-linux",
    "ip": "iproute2",
    "ethtool": "ethtool",
    "ovsdb-server": "openvswitch-switch",
    "ovs-vswitchd": "openvswitch-switch",
    "ovn-northd": "ovn-central",
    "ovn-controller": "ovn-host",
    "libvirtd": "libvirt-daemon-system",
    "virsh": "libvirt-clients",
    "qemu-system-x86_64": "qemu-system-x86",
    "qemu-img": "qemu-utils",
}
_NAMESPACES = ("unshare", "-m", "-n", "-u", "-p", "-f", "--mount-proc")


def can_run() -> str:
    """Empty when a lab can run here, else one sentence that says what is missing."""
    if os.geteuid() != 0:
        return "The lab needs root: it makes namespaces and network devices."
    if not Path("/etc/debian_version").exists():
        return "The lab needs Debian or Ubuntu: it uses their Open vSwitch, OVN and libvirt packages."
    path = environment()["PATH"]
    missing = sorted({package for program, package in _PROGRAMS.items() if not shutil.which(program, path=path)})
    if missing:
        return f"The lab needs these packages: {' '.join(missing)}."
    return _refusal()


def _refusal() -> str:
    try:
        run([*_NAMESPACES, "true"], timeout=10)
    except LabError as error:
        return f"This machine refuses private namespaces ({error})."
    try:
        run([*_NAMESPACES, "ip", "tuntap", "add", "dev", "probe0", "mode", "tap"], timeout=10)
    except LabError as error:
        return f"This machine refuses tap devices ({error})."
    return ""

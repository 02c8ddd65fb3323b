"""What every node needs before its services start: its own view of files, devices and names."""

import socket
import subprocess
from pathlib import Path

from cloudportal.lab.layout import CENTRAL, MANAGEMENT_NETWORK, MAX_HOSTS, Layout, host_names, management_address
from cloudportal.lab.shell import environment, run

_DEVICES = ("null", "zero", "full", "random", "urandom", "tty", "net/tun")


def make_system(layout: Layout, name: str) -> None:
    socket.sethostname(name)
    run(["ip", "link", "set", "lo", "up"])
    run(["mount", "-t", "sysfs", "sys", "/sys"])  # so that /sys/class/net shows this network namespace
    run(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run"])
    hosts = layout.run(name) / "hosts"
    hosts.write_text(_hosts_file())
    run(["mount", "--bind", str(hosts), "/etc/hosts"])


def _hosts_file() -> str:
    lines = ["127.0.0.1 localhost", f"{MANAGEMENT_NETWORK}.1 {CENTRAL}"]
    lines += [f"{management_address(name)} {name}" for name in host_names(MAX_HOSTS)]
    return "\n".join(lines) + "\n"


def replace_directory(source: Path, target: str) -> None:
    """Let `target` show the node's own directory instead of the machine's."""
    source.mkdir(parents=True, exist_ok=True)
    Path(target).mkdir(parents=True, exist_ok=True)
    run(["mount", "--bind", str(source), target])


def make_devices(directory: Path) -> None:
    """A /dev without /dev/kvm.

    Where virtualisation is not nested /dev/kvm opens and guests die on it. Hiding it below a bind mount of /dev/null
    would make libvirt probe anew at every definition (14 s); a /dev without it does not.
    """
    directory.mkdir(parents=True, exist_ok=True)
    run(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", str(directory)])
    for sub in ("pts", "net", "shm"):
        (directory / sub).mkdir()
    for device in _DEVICES:
        run(["cp", "-a", f"/dev/{device}", str(directory / device)])
    (directory / "ptmx").symlink_to("pts/ptmx")
    (directory / "fd").symlink_to("/proc/self/fd")
    options = "newinstance,ptmxmode=0666,mode=620"
    run(["mount", "-t", "devpts", "-o", options, "devpts", str(directory / "pts")])
    run(["mount", "--rbind", str(directory), "/dev"])


def start_daemon(argv: list[str], log: Path) -> None:
    """Start a program that does not detach by itself. Process 1 reaps it, so nobody keeps its handle."""
    with log.open("ab") as output:
        subprocess.Popen(argv, env=environment(), stdin=subprocess.DEVNULL, stdout=output, stderr=output)

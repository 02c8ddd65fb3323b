"""libvirtd of a host. Definitions in /etc/libvirt stay over a restart of the lab."""

from pathlib import Path

from cloudportal.lab.layout import host_number, management_address
from cloudportal.lab.node.system import start_daemon

_QEMU = """\
user = "root"
group = "root"
dynamic_ownership = 0
security_driver = "none"
cgroup_controllers = [ ]
namespaces = [ ]
"""


def configure(name: str) -> None:
    address = management_address(name)
    settings = {
        "listen_tls": "0",
        "listen_tcp": "1",  # for migration; the management network ends at the lab's edge
        "listen_addr": f'"{address}"',
        "auth_tcp": '"none"',
        "auth_unix_rw": '"none"',
        "unix_sock_rw_perms": '"0700"',
        "host_uuid": f'"{host_number(name):08d}-1ab0-4000-8000-000000000000"',
    }
    etc = Path("/etc/libvirt")
    (etc / "libvirtd.conf").write_text("".join(f"{key} = {value}\n" for key, value in settings.items()))
    (etc / "qemu.conf").write_text(_QEMU)
    (etc / "qemu").mkdir(exist_ok=True)
    Path("/var/log/libvirt/qemu").mkdir(exist_ok=True)  # a guest with a serial log does not start without it
    for directory in ("images", "boot", "qemu", "network"):
        Path("/var/lib/libvirt", directory).mkdir(exist_ok=True)


def start(own: Path) -> None:
    # Never as process 1: libvirtd does not reap orphans, and starts then take minutes.
    start_daemon(["virtlogd"], own / "log" / "virtlogd.log")
    start_daemon(["libvirtd", "--listen"], own / "log" / "libvirtd.log")

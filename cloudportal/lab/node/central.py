"""The central node: the switches between the hosts, the outside world, and OVN's databases."""

from cloudportal.lab.layout import CENTRAL, MANAGEMENT_NETWORK, PUBLIC_GATEWAY, TUNNEL_NETWORK, Layout
from cloudportal.lab.node.system import make_system, replace_directory
from cloudportal.lab.shell import run

_BRIDGES = {
    "br-tunnel": f"{TUNNEL_NETWORK}.1/24",
    "br-mgmt": f"{MANAGEMENT_NETWORK}.1/24",
    "br-public": f"{PUBLIC_GATEWAY}/24",
}
_PORTS = {"nb": 6641, "sb": 6642}


def boot(layout: Layout) -> None:
    make_system(layout, CENTRAL)
    replace_directory(layout.run(CENTRAL), "/run/ovn")
    replace_directory(layout.node(CENTRAL) / "log", "/var/log/ovn")
    for bridge, address in _BRIDGES.items():
        run(["ip", "link", "add", bridge, "type", "bridge"])
        run(["ip", "addr", "add", address, "dev", bridge])
        run(["ip", "link", "set", bridge, "up"])
        # The hosts' userspace datapath forwards frames as they are: checksums must be real before they leave here.
        run(["ethtool", "-K", bridge, "tx", "off"])
    # The southbound database is a product of the northbound one and of the hosts that are up; an old one would name
    # hosts that are gone, and whoever waits for "all hosts" would wait for those too.
    (layout.node(CENTRAL) / "ovnsb.db").unlink(missing_ok=True)
    for database in _PORTS:
        _serve(layout, database)
    run(["ovn-northd", "--pidfile", "--log-file=/var/log/ovn/northd.log", "--detach", "--no-chdir"])
    run(["ovn-nbctl", "--timeout=20", "init"])


def _serve(layout: Layout, database: str) -> None:
    file = layout.node(CENTRAL) / f"ovn{database}.db"
    if not file.exists():
        run(["ovsdb-tool", "create", str(file), f"/usr/share/ovn/ovn-{database}.ovsschema"])
    file.with_name(f".{file.name}.~lock~").unlink(missing_ok=True)
    run(
        [
            "ovsdb-server",
            str(file),
            f"--remote=punix:{layout.ovn_socket(database)}",
            f"--remote=ptcp:{_PORTS[database]}:{MANAGEMENT_NETWORK}.1",
            f"--unixctl=/run/ovn/ovn{database}_db.ctl",
            f"--pidfile=/run/ovn/ovn{database}_db.pid",
            f"--log-file=/var/log/ovn/ovsdb-{database}.log",
            "--detach",
            "--no-chdir",
        ]
    )

"""Open vSwitch and ovn-controller of a host, on the userspace datapath: no kernel module is needed."""

from pathlib import Path

from cloudportal.lab.layout import MANAGEMENT_NETWORK, PUBLIC_MAPPING
from cloudportal.lab.shell import run

_SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema"


def prepare_switch(own: Path, name: str, tunnel_address: str) -> None:
    """Start the switch's database with everything in it before the switch itself looks.

    The database is made anew at each boot: ports of guests that ran before would be left in it.
    """
    database = own / "ovs.db"
    database.unlink(missing_ok=True)
    (own / ".ovs.db.~lock~").unlink(missing_ok=True)
    run(["ovsdb-tool", "create", str(database), _SCHEMA])
    run(
        [
            "ovsdb-server",
            str(database),
            "--remote=punix:/run/openvswitch/db.sock",
            "--pidfile",
            "--unixctl=/run/openvswitch/ovsdb-server.ctl",
            f"--log-file={own / 'log' / 'ovsdb.log'}",
            "--detach",
            "--no-chdir",
        ]
    )
    facts = {
        "system-id": name,
        "hostname": name,
        "ovn-remote": f"tcp:{MANAGEMENT_NETWORK}.1:6642",
        "ovn-encap-type": "geneve",
        "ovn-encap-ip": tunnel_address,
        "ovn-bridge-datapath-type": "netdev",
        "ovn-bridge-mappings": f"{PUBLIC_MAPPING}:br-ex",
        "ovn-monitor-all": "true",
    }
    _configure("set", "open", ".", *(f"external-ids:{key}={value}" for key, value in facts.items()))
    for bridge, options in (
        ("br-phys", ["fail-mode=standalone"]),
        ("br-ex", ["fail-mode=standalone"]),
        ("br-int", ["fail-mode=secure", "other-config:disable-in-band=true"]),
    ):
        _configure("add-br", bridge, "--", "set", "bridge", bridge, "datapath_type=netdev", *options)


def attach_uplinks() -> None:
    # A userspace tunnel carries nothing from an address on a plain interface: a bridge has to own the interface.
    for bridge, interface in (("br-phys", "tunnel0"), ("br-ex", "public0")):
        run(["ethtool", "-K", interface, "tx", "off"])
        run(["ip", "link", "set", interface, "up"])
        _configure("add-port", bridge, interface)


def start_switch(own: Path) -> None:
    log = f"--log-file={own / 'log' / 'vswitchd.log'}"
    # --monitor: 3.1.0 can abort in its connection tracking and must come back by itself.
    run(["ovs-vswitchd", "unix:/run/openvswitch/db.sock", "--pidfile", log, "--detach", "--monitor", "--no-chdir"])
    run(["ovs-vsctl", "--timeout=20", "set", "open", ".", "external-ids:booted=true"])  # returns when bridges exist


def start_controller(own: Path) -> None:
    log = f"--log-file={own / 'log' / 'ovn-controller.log'}"
    run(["ovn-controller", "--pidfile", log, "--detach", "--monitor", "--no-chdir"])


def _configure(*command: str) -> None:
    run(["ovs-vsctl", "--no-wait", "--", *command])

"""The cables between a host and the switches in the central node."""

from functools import partial
from pathlib import Path

from cloudportal.lab.shell import run, succeeds, wait_until

# Interface in the host -> bridge in the central node.
CABLES = {"tunnel0": "br-tunnel", "public0": "br-public", "mgmt0": "br-mgmt"}


def plug(name: str, *, host: int, central: int) -> None:
    """Join a host's three interfaces to the switches. Both are given by the id of their first process."""
    for interface, bridge in CABLES.items():
        far_end = f"{name}-{interface.removesuffix('0')}"
        # A host that was just killed takes its cables along, but the kernel does that in its own time.
        wait_until(f"Removal of {far_end}", partial(_is_gone, central, far_end), timeout=10)
        ends = f"{interface} netns {host} type veth peer name {far_end} netns {central}"
        run(["ip", "link", "add", *ends.split()])
        enter = ["nsenter", "-t", str(central), "-n"]
        run([*enter, "ethtool", "-K", far_end, "tx", "off"])
        run([*enter, "ip", "link", "set", far_end, "master", bridge, "up"])


def _is_gone(pid: int, interface: str) -> bool:
    return not succeeds(["nsenter", "-t", str(pid), "-n", "ip", "link", "show", interface])


def is_plugged() -> bool:
    """Asked inside a host: whether all its cables are there."""
    return all(Path("/sys/class/net", interface).exists() for interface in CABLES)

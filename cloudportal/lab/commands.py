"""The lab's command line, shared by `manage.py lab` and `python -m cloudportal.lab`."""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

from cloudportal.lab.lab import DEFAULT_BASE, Lab
from cloudportal.lab.shell import LabError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=["up", "status", "down"])
    parser.add_argument("--base", type=Path, default=DEFAULT_BASE, help="directory of the lab (default: .local/lab)")
    parser.add_argument("--hosts", type=int, default=2, help="number of KVM hosts (default: 2)")
    parser.add_argument("--owner", type=int, help="process id with which the lab ends (default: it stays until `down`)")
    parser.add_argument("--wipe", action="store_true", help="with down: forget disks, networks and domains too")


def execute(options: argparse.Namespace, say: Callable[[str], object]) -> int:
    """Carry out one command; the exit code is 3 when `status` finds the lab down."""
    if options.owner is not None and not Path(f"/proc/{options.owner}/stat").exists():
        raise LabError(f"There is no process {options.owner} that the lab could end with.")
    lab = Lab(options.base, options.hosts, owner=options.owner)
    started = time.monotonic()
    match options.action:
        case "up":
            done = "up" if lab.up() else "already up"
            say(f"Lab in {lab.base}: {done} ({time.monotonic() - started:.1f} s)")
            _describe(lab, say)
        case "down":
            lab.down(wipe=options.wipe)
            say(f"Lab in {lab.base}: down ({time.monotonic() - started:.1f} s)")
        case _:
            status = lab.status()
            for node in status.nodes:
                say(f"{node.name:5} {node.state:9}" + (f" pid {node.pid}" if node.pid else ""))
            return 0 if status.running else 3
    return 0


def _describe(lab: Lab, say: Callable[[str], object]) -> None:
    for host in lab.hosts:
        say(f"  {host.name}: {host.libvirt_url}")
    say(f"  OVN northbound: {lab.ovn_nb_url}")
    say(f"  public network: {lab.public_cidr}, outside world {lab.public_gateway}")

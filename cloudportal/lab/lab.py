"""The lab's public face."""

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from cloudportal.lab import layout as names
from cloudportal.lab.cables import plug
from cloudportal.lab.layout import CENTRAL, Layout, host_names, make_private
from cloudportal.lab.processes import (
    find_keepers,
    find_nodes,
    first_process,
    is_same,
    kill_all,
    start_keeper,
    start_node,
    stop_nodes,
)
from cloudportal.lab.requirements import can_run
from cloudportal.lab.shell import LabError, run, succeeds, wait_until
from cloudportal.lab.status import LabStatus, NodeStatus

DEFAULT_BASE = Path(__file__).resolve().parents[2] / ".local" / "lab"


class Lab:
    """OVN central and KVM hosts on this machine, reached through unix sockets below `base`.

    A restart (`down`, `up`) is like that of real machines: networks and defined domains stay, guests are off.
    Labs with different bases do not see each other. Nothing is configured in the caller's own network.
    """

    public_cidr = names.PUBLIC_CIDR
    public_gateway = names.PUBLIC_GATEWAY
    public_mapping = names.PUBLIC_MAPPING

    def __init__(
        self, base: Path = DEFAULT_BASE, hosts: int = 2, *, owner: int | Literal["caller"] | None = "caller"
    ) -> None:
        """`owner` is the process with which the lab ends: the calling one, another's id, or nobody."""
        self._layout = Layout.at(Path(base))
        self._owner = os.getpid() if owner == "caller" else owner
        self.base = self._layout.base
        self.shared = self._layout.shared
        self.hosts = tuple(self._layout.host(name) for name in host_names(hosts))
        self.ovn_nb_url = f"ovn+unix://{self._layout.ovn_socket('nb')}"
        self.ovn_sb_url = f"ovn+unix://{self._layout.ovn_socket('sb')}"

    def __enter__(self) -> "Lab":
        self.up()
        return self

    def __exit__(self, *_: object) -> None:
        self.down()

    def up(self) -> bool:
        """Bring up what is not up; what runs is left alone. False when nothing had to be done.

        Raises:
            LabError: the machine can't carry a lab, or a node did not come up; nothing is left running then.
        """
        if refusal := can_run():
            raise LabError(refusal)
        with self._locked():
            if self._lost_its_owner():
                self._take_down()
            if self.status().running:
                return False
            try:
                self._bring_up()
            except BaseException:
                self._take_down()
                raise
            return True

    def down(self, *, wipe: bool = False) -> None:
        """Stop everything and wait until it is gone. With `wipe`, forget disks, networks and domains too."""
        if not self.base.exists():
            return
        with self._locked():
            self._take_down()
            if wipe:
                shutil.rmtree(self.base)

    def status(self) -> LabStatus:
        alive = find_nodes(self._layout)
        expected = {CENTRAL, *(host.name for host in self.hosts)} | alive.keys()
        return LabStatus(tuple(self._node_status(name, alive.get(name, 0)) for name in sorted(expected)))

    def on(self, node: str, argv: Sequence[str], timeout: float = 30) -> str:
        """Run a program in a node and return its output. The node `net` is the outside world.

        Raises:
            LabError: the node is not up, or the program failed or took longer than `timeout` seconds.
        """
        return run(["nsenter", "-t", str(self._pid(node)), "-m", "-n", "-u", "-p", "--", *argv], timeout=timeout)

    def kill_host(self, name: str) -> None:
        """Cut a host's power: everything on it ends at once and its last words are lost."""
        outer = find_nodes(self._layout).get(name)
        if outer:
            # Its process 1 ends last: until then a daemon may answer once more.
            kill_all([outer, first_process(outer)])

    def start_host(self, name: str) -> None:
        """Start a host that died and wait until it answers. Its guests stay off."""
        with self._locked():
            if name not in find_nodes(self._layout):
                self._start([name])
                self._join(name)

    def _bring_up(self) -> None:
        alive = find_nodes(self._layout)
        if CENTRAL not in alive:
            self._take_down()
            alive = {}
        make_private(self._layout.runtime)
        self.shared.mkdir(exist_ok=True)
        # First of all, so that whoever kills us in the middle leaves nothing behind.
        if self._owner is not None and not find_keepers(self._layout):
            start_keeper(self._layout, self._owner)
        wanted = [CENTRAL, *(host.name for host in self.hosts)]
        missing = [name for name in wanted if name not in alive]
        self._start(missing)
        if CENTRAL in missing:
            self._wait_ready(CENTRAL)
        for name in missing:
            if name != CENTRAL:
                self._join(name)
        nb = f"--db=unix:{self._layout.ovn_socket('nb')}"
        run(["ovn-nbctl", nb, "--timeout=20", "--wait=hv", "sync"])

    def _start(self, nodes: list[str]) -> None:
        for name in nodes:
            shutil.rmtree(self._layout.run(name), ignore_errors=True)
            self._layout.run(name).mkdir(parents=True)
            self._layout.node(name).mkdir(parents=True, exist_ok=True)
            start_node(self._layout, name)

    def _join(self, name: str) -> None:
        wait_until(f"Start of {name}", lambda: name in find_nodes(self._layout))
        plug(name, host=self._wait_pid(name), central=self._pid(CENTRAL))
        self._wait_ready(name)
        virsh = ["virsh", "-q", "-c", self._layout.host(name).libvirt_url, "version"]
        wait_until(f"libvirt of {name}", lambda: succeeds(virsh))

    def _wait_ready(self, name: str) -> None:
        def ready() -> bool:
            if not self._layout.ready(name).exists() and name not in find_nodes(self._layout):
                raise LabError(f"{name} did not start: {self._last_words(name)}")
            return self._layout.ready(name).exists()

        wait_until(f"Start of {name}", lambda: name in find_nodes(self._layout))
        wait_until(f"Start of {name}", ready)

    def _last_words(self, name: str) -> str:
        lines = (self._layout.node(name) / "node.log").read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"

    def _wait_pid(self, name: str) -> int:
        wait_until(f"First process of {name}", lambda: self._node_status(name, find_nodes(self._layout)[name]).pid > 0)
        return self._pid(name)

    def _pid(self, name: str) -> int:
        outer = find_nodes(self._layout).get(name)
        if outer is None:
            raise LabError(f"{name} is not up.")
        return first_process(outer)

    def _node_status(self, name: str, outer: int) -> NodeStatus:
        try:
            pid = first_process(outer) if outer else 0
        except LabError:
            pid = 0
        if not outer:
            return NodeStatus(name, "stopped", 0)
        return NodeStatus(name, "running" if self._layout.ready(name).exists() else "starting", pid)

    def _lost_its_owner(self) -> bool:
        """Whether a keeper is about to take down what runs: it waits for the lock that we hold."""
        return any(not is_same(pid, ticks) for pid, ticks in find_keepers(self._layout).values())

    def _take_down(self) -> None:
        # The keeper first: it must not race with us, and a later lab in the same place is not its business.
        kill_all(list(find_keepers(self._layout)))
        nodes = find_nodes(self._layout)
        # A node that still boots has nothing to lose and does not listen yet.
        kill_all([outer for name, outer in nodes.items() if not self._layout.ready(name).exists()])
        stop_nodes([outer for name, outer in nodes.items() if self._layout.ready(name).exists()])
        shutil.rmtree(self._layout.runtime, ignore_errors=True)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """One bring-up or take-down at a time; released by the kernel when its holder dies."""
        self.base.mkdir(parents=True, exist_ok=True)
        with self._layout.lock.open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

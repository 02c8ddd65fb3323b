"""The nodes of a lab as processes.

The process table is the only record: there is no pid file that could be stale or name a stranger's process.
"""

import os
import signal
import sys
import time
from pathlib import Path

from cloudportal.lab.layout import Layout
from cloudportal.lab.shell import LabError, run

NODE_MODULE = "cloudportal.lab.node"
KEEPER_MODULE = "cloudportal.lab.keeper"
REPOSITORY = Path(__file__).resolve().parents[2]

_PRIVATE = ("-m", "-n", "-u", "-p", "-f", "--mount-proc", "--kill-child")
_GRACE_SECONDS = 5.0


def start_node(layout: Layout, name: str) -> None:
    """Start a node in namespaces of its own; killing its `unshare` process removes all of it."""
    python = [sys.executable, "-m", NODE_MODULE, name, str(layout.base)]
    _launch(["unshare", *_PRIVATE, *python], log=layout.node(name) / "node.log")


def start_keeper(layout: Layout, owner: int) -> None:
    """Start the process that takes the lab down when the process `owner` ends."""
    argv = [sys.executable, "-m", KEEPER_MODULE, str(layout.base), str(owner), str(started_at(owner))]
    _launch(argv, log=layout.base / "keeper.log")


def _launch(argv: list[str], *, log: Path) -> None:
    # The shell lets go of the caller's output; setsid of its terminal and, by forking, of its process tree.
    script = 'cd "$1" && log=$2 && shift 2 && exec setsid --fork "$@" >"$log" 2>&1 </dev/null'
    run(["sh", "-c", script, "sh", str(REPOSITORY), str(log), *argv])


def find_nodes(layout: Layout) -> dict[str, int]:
    """Name and outer process id (that of `unshare`) of every node that lives."""
    nodes = {}
    for pid, argv in _command_lines():
        if argv[0] == "unshare" and argv[-4:-2] == ["-m", NODE_MODULE] and argv[-1] == str(layout.base):
            nodes[argv[-2]] = pid
    return nodes


def find_keepers(layout: Layout) -> dict[int, tuple[int, int]]:
    """Process id of every keeper but ourselves, with the owner's id and start."""
    return {
        pid: (int(argv[4]), int(argv[5]))
        for pid, argv in _command_lines()
        if argv[1:4] == ["-m", KEEPER_MODULE, str(layout.base)] and pid != os.getpid()
    }


def first_process(outer: int) -> int:
    """The outside id of a node's process 1.

    Raises:
        LabError: the node has just ended.
    """
    try:
        children = Path(f"/proc/{outer}/task/{outer}/children").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        children = []
    if not children:
        raise LabError("The node has ended.")
    return int(children[0])


def stop_nodes(outers: list[int]) -> None:
    """Let the nodes shut down their guests and databases, then remove what is left of them."""
    for outer in outers:
        try:
            os.kill(first_process(outer), signal.SIGTERM)
        except (LabError, ProcessLookupError):
            continue
    deadline = time.monotonic() + _GRACE_SECONDS
    while any(is_alive(outer) for outer in outers) and time.monotonic() < deadline:
        time.sleep(0.02)
    kill_all(outers)


def kill_all(pids: list[int]) -> None:
    """End processes as a power cut would and wait until they are gone."""
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    while any(is_alive(pid) for pid in pids):
        time.sleep(0.01)


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that ended and was not yet reaped does not."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return fields[0] not in "ZX"


def is_same(pid: int, ticks: int) -> bool:
    """Whether the process that had this id and start still runs."""
    try:
        return is_alive(pid) and started_at(pid) == ticks
    except FileNotFoundError:
        return False


def started_at(pid: int) -> int:
    """Clock ticks between boot and the start of a process; together with its id this names it for ever."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])


def _command_lines() -> list[tuple[int, list[str]]]:
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            raw = (entry / "cmdline").read_bytes()
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
        if raw:
            found.append((int(entry.name), os.fsdecode(raw.rstrip(b"\0")).split("\0")))
    return found

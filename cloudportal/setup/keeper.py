"""Cleans up after a process that may be killed: `python -m cloudportal.setup.keeper OWNER main|test|none`.

When the owner has ended, however it ended, processes that carry its mark get a moment to end by themselves and are
then killed; last, the named database cluster is stopped unless it has another owner by then.
"""

import subprocess
import sys
import time
from pathlib import Path

from cloudportal.lab.processes import kill_all
from cloudportal.setup.cluster import MAIN, TEST, Cluster
from cloudportal.setup.owner import MARK, Owner
from cloudportal.setup.places import REPOSITORY

_GRACE_SECONDS = 8.0


def keep(cluster: Cluster | None) -> None:
    """Start a keeper for this process; it ends soon after us and does nothing then if nothing is left."""
    name = "none" if cluster is None else "main" if cluster.durable else "test"
    argv = [sys.executable, "-m", "cloudportal.setup.keeper", str(Owner.this_process()), name]
    subprocess.run(
        ["setsid", "--fork", *argv], cwd=REPOSITORY, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True
    )


def main(owner_text: str, cluster: str) -> None:
    owner = Owner.parse(owner_text)
    owner.wait_for_end()
    end_marked(owner)
    if cluster != "none":
        (MAIN if cluster == "main" else TEST).stop(owned_by=owner)


def end_marked(owner: Owner) -> None:
    deadline = time.monotonic() + _GRACE_SECONDS
    while (left := marked(owner)) and time.monotonic() < deadline:
        time.sleep(0.1)
    kill_all(left)


def marked(owner: Owner) -> list[int]:
    """Ids of the live processes that carry the mark of `owner`."""
    wanted = f"{MARK}={owner}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if wanted in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
            except (FileNotFoundError, ProcessLookupError, PermissionError):
                continue
    return found


if __name__ == "__main__":
    main(*sys.argv[1:])

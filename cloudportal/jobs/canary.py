"""What the canary does when a worker process runs it."""

from __future__ import annotations

import os
import time

from cloudportal.core.clock import WallClock
from cloudportal.jobs.models import WorkerNode

NODE_VARIABLE = "CLOUDPORTAL_WORKER_NODE"


PAUSE_SECONDS = 1.0
_last_sung = 0.0


def sing() -> None:
    """Note that the node of this process runs tasks, at most once a second.

    Jobs sing too: behind a long queue the canary itself waits its turn, and a busy cluster is not a deaf one.
    """
    global _last_sung
    now = time.monotonic()
    if now - _last_sung < PAUSE_SECONDS:
        return
    _last_sung = now
    if node := os.environ.get(NODE_VARIABLE):
        WorkerNode.objects.filter(name=node).update(heard_at=WallClock())

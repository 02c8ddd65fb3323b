"""What the canary does when a worker process runs it."""

from __future__ import annotations

import os

from cloudportal.core.clock import WallClock
from cloudportal.jobs.models import WorkerNode

NODE_VARIABLE = "CLOUDPORTAL_WORKER_NODE"


def sing() -> None:
    """Note that the node of this process runs tasks."""
    WorkerNode.objects.filter(name=os.environ.get(NODE_VARIABLE, "")).update(heard_at=WallClock())

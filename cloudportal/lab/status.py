"""What a lab looks like right now."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class NodeStatus:
    name: str
    state: Literal["running", "starting", "stopped"]
    # Process id of the node's first process as seen from outside; 0 when stopped.
    pid: int


@dataclass(frozen=True, slots=True)
class LabStatus:
    nodes: tuple[NodeStatus, ...]

    @property
    def running(self) -> bool:
        return bool(self.nodes) and all(node.state == "running" for node in self.nodes)

    @property
    def stopped(self) -> bool:
        return all(node.state == "stopped" for node in self.nodes)

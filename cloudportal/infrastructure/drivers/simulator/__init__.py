"""A simulated data centre: hosts, pools and networks in one SQLite file that any process may open.

The drivers in `compute.hypervisors`, `storage.backends` and `network.backends` act on it through
`SimulatedEngine`; tests and seeds look at it, and break it, through `World`.
"""

from cloudportal.infrastructure.drivers.simulator.engine import SimulatedEngine
from cloudportal.infrastructure.drivers.simulator.faults import FaultKind
from cloudportal.infrastructure.drivers.simulator.world import (
    SimulatedInstance,
    SimulatedPort,
    SimulatedVolume,
    World,
)

__all__ = ["FaultKind", "SimulatedEngine", "SimulatedInstance", "SimulatedPort", "SimulatedVolume", "World"]

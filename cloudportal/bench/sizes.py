"""How much is measured."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sizes:
    """`rounds` alternate between what is compared, so that a busy moment of the machine hits both sides."""

    pgbench_scale: int = 20
    pgbench_seconds: int = 6
    hosts: tuple[int, int] = (1_000, 20_000)
    placing_seconds: float = 4
    placing_rounds: int = 3
    placing_processes: int = 4
    deploys: int = 400
    deploys_alone: int = 20
    deploying_clients: int = 4
    idle_jobs: int = 60
    instances: tuple[int, int] = (100_000, 1_000_000)
    accounts: int = 25_000
    tenant_instances: int = 1_000
    list_requests: int = 400
    list_clients: int = 8
    list_seconds: float = 6
    guests: int = 12
    shape_accounts: int = 25_000
    shape_hosts: int = 25_000
    shape_instances: int = 25_000
    shape_requests: int = 40


FULL = Sizes()
# Enough to see every part work; the figures mean nothing.
QUICK = Sizes(
    pgbench_scale=1, pgbench_seconds=1, hosts=(50, 200), placing_seconds=0.5, placing_rounds=1, placing_processes=2,
    deploys=8, deploys_alone=2, deploying_clients=2, idle_jobs=4, instances=(500, 2_000), accounts=50,
    tenant_instances=100, list_requests=10, list_clients=2, list_seconds=0.5, guests=1,
    shape_accounts=60, shape_hosts=20, shape_instances=300, shape_requests=3,
)  # fmt: skip

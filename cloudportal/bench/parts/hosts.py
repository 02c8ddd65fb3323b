"""A zone of thousands of hosts, as rows: placement asks no hypervisor."""

from __future__ import annotations

import random

from django.db import connection

from cloudportal.infrastructure.models import Cluster, Host, Pod, Zone
from cloudportal.infrastructure.services.scheduling import refresh_schedulable
from cloudportal.infrastructure.services.zones import create_pod, create_zone
from storage.models import StoragePool
from tenants.actor import SYSTEM

HOSTS_IN_CLUSTER = 64
CLUSTERS_IN_POD = 8
CPUS, CPU_OVERCOMMIT = 64, 4
MEMORY_MIB = (262_144, 524_288, 1_048_576)
POOL_BYTES = 200 << 40
# Shares of a real data centre that nothing may be placed on today.
IN_MAINTENANCE, DISCONNECTED, POOL_DISABLED = 0.03, 0.02, 0.05


def seed_hosts(*, hosts: int) -> int:
    """The zone's id. The same number of hosts gives the same zone every time."""
    # Not for secrets: it only has to look like a data centre that has been used for a while.
    dice = random.Random(hosts)  # noqa: S311
    zone = create_zone(
        SYSTEM, name="Bench", network_url="simulator:///bench", public_cidr="203.0.113.0/24",
        public_gateway="203.0.113.1", dns_servers=["9.9.9.9"],
    )  # fmt: skip
    add_hosts(zone, hosts, dice)
    refresh_schedulable(Host.objects.filter(zone=zone))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE infrastructure_host, storage_storagepool")
    return int(zone.pk)


def add_hosts(zone: Zone, hosts: int, dice: random.Random) -> None:
    """Hosts of three sizes in full clusters with two pools each; some are out of order, all are used already."""
    clusters = _add_clusters(zone, -(-hosts // HOSTS_IN_CLUSTER))
    StoragePool.objects.bulk_create(
        [_pool(cluster, number, dice) for cluster in clusters for number in (1, 2)], batch_size=1000
    )
    rows = [_host(clusters[number // HOSTS_IN_CLUSTER], zone, number, dice) for number in range(hosts)]
    Host.objects.bulk_create(rows, batch_size=1000)


def _add_clusters(zone: Zone, count: int) -> list[Cluster]:
    pods: list[Pod] = []
    for number in range(-(-count // CLUSTERS_IN_POD)):
        pods.append(create_pod(SYSTEM, zone=zone, name=f"rack-{number}"))
    rows = [
        Cluster(
            pod=pods[number // CLUSTERS_IN_POD], name=f"cluster-{number}", hypervisor="simulator",
            cpu_overcommit=CPU_OVERCOMMIT,
        )
        for number in range(count)
    ]  # fmt: skip
    return Cluster.objects.bulk_create(rows)


def _pool(cluster: Cluster, number: int, dice: random.Random) -> StoragePool:
    return StoragePool(
        cluster=cluster, zone_id=cluster.pod.zone_id, name=f"pool-{number}", url="simulator:///bench", path="/pools",
        allocation_state="Disabled" if dice.random() < POOL_DISABLED else "Enabled",
        total_bytes=POOL_BYTES, available_bytes=POOL_BYTES // 2, capacity_bytes=2 * POOL_BYTES,
    )  # fmt: skip


def _host(cluster: Cluster, zone: Zone, number: int, dice: random.Random) -> Host:
    memory, fate, used = dice.choice(MEMORY_MIB), dice.random(), dice.random() * 0.7
    return Host(
        cluster=cluster, zone=zone, name=f"host-{number}", url=f"simulator:///bench?host=host-{number}",
        resource_state="Maintenance" if fate < IN_MAINTENANCE else "Enabled",
        connection_state="Disconnected" if fate > 1 - DISCONNECTED else "Up",
        cpus=CPUS, cpu_capacity=CPUS * CPU_OVERCOMMIT, cpus_used=int(CPUS * used),
        memory_mib=memory, memory_capacity_mib=memory, memory_used_mib=int(memory * used),
    )  # fmt: skip

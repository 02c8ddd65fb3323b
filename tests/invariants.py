"""What must be true after the dust has settled, judged from outside: the world's file, and the counters' sums."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q

from cloudportal.jobs.models import Job
from cloudportal.jobs.models.job import ACTIVE
from compute.models import Instance
from compute.workflows.reconcile import wrong_counters
from network.models import Network, Port, PublicAddress
from storage.models import StoragePool, Template, Volume
from tenants.limits.recount import drifts
from tests.factories import Cloud

# What failed may be half removed; it stopped counting when it failed.
HALF_REMOVED = ("Expunging", "Shutdown", "Removing")


def assert_everything_agrees(cloud: Cloud) -> None:
    """Every job is over, and database, hosts, pools and network engine hold the same things."""
    assert not Job.objects.filter(state__in=ACTIVE).exists()
    assert wrong_counters() == []
    _assert_limits_agree()
    _assert_instances_agree(cloud)
    _assert_volumes_agree(cloud)
    _assert_networks_agree(cloud)


def _assert_limits_agree() -> None:
    """Counters of limits are what a recount finds, and what is gone or failed does not count."""
    assert drifts() == []
    gone = Q(removed_at__isnull=False) | Q(state="Error")
    for noun in (Instance, Network, Template):
        assert not noun.objects.filter(gone, is_counted=True).exists()
        assert not noun.objects.exclude(gone).filter(is_counted=False).exclude(state__in=HALF_REMOVED).exists()


def _assert_instances_agree(cloud: Cloud) -> None:
    seen = cloud.world.instances()
    live = Instance.objects.filter(zone=cloud.zone, removed_at=None).exclude(state="Error")
    assert set(seen) == uuids(live)
    for instance in live:
        assert seen[instance.uuid].state == ("running" if instance.state == "Running" else "stopped")
        assert len(cloud.world.hosts_of(instance.uuid)) == 1
        if instance.state == "Running":
            assert seen[instance.uuid].host == instance.host.name


def _assert_volumes_agree(cloud: Cloud) -> None:
    for pool in StoragePool.objects.filter(zone=cloud.zone):
        assert set(cloud.world.volumes(pool.uuid)) == uuids(Volume.objects.filter(pool=pool))
        seeds = set(cloud.world.seeds(pool.uuid))
        assert seeds <= uuids(Instance.objects.filter(removed_at=None).exclude(state="Error"))


def _assert_networks_agree(cloud: Cloud) -> None:
    live = Network.objects.filter(zone=cloud.zone, removed_at=None, state="Implemented")
    assert set(cloud.world.networks()) == uuids(live)
    assert set(cloud.world.ports()) == uuids(Port.objects.all())
    held = PublicAddress.objects.filter(account__isnull=False, is_source_nat=True)
    assert set(held.values_list("network_id", flat=True)) == set(live.values_list("pk", flat=True))


def assert_nothing_left_over(cloud: Cloud) -> None:
    """No instance, disk, seed or port is anywhere, and no room is held."""
    assert_everything_agrees(cloud)
    assert cloud.world.instances() == {}
    assert cloud.world.volumes() == {}
    assert cloud.world.ports() == {}
    assert cloud.world.seeds(cloud.pool.uuid) == {}
    assert Port.objects.count() == 0
    assert all(host.cpus_used == 0 and host.memory_used_mib == 0 for host in cloud.hosts())
    assert StoragePool.objects.get(pk=cloud.pool.pk).allocated_bytes == 0


def uuids(rows: object) -> set[UUID]:
    return set(rows.values_list("uuid", flat=True))

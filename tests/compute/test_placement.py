"""Many deploy at once: what fits is placed, the rest is refused in words, and no counter drifts."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable

import pytest
from django.db import transaction
from django.db.models import F

from cloudportal.core.errors import CapacityExhausted
from cloudportal.infrastructure.models import Host
from compute import placement
from compute.models import Instance
from compute.placement import Demand
from compute.services.instances import deploy_instance
from compute.workflows.reconcile import wrong_counters
from network.models import Port
from storage.models import StoragePool
from tenants.models import Account
from tests import factories
from tests.conftest import RunJobs
from tests.crashes import leases_run_out
from tests.factories import Cloud, World
from tests.invariants import assert_everything_agrees
from tests.threads import at_once


@pytest.fixture
def small_cloud(transactional_db: None, world: World, tmp_path: object) -> Cloud:
    """Three hosts with room for five small instances each."""
    return factories.cloud(world, tmp_path, hosts=3, cpus=5, memory_mib=5 * 512)


def test_thirty_deploy_at_once_into_room_for_fifteen(small_cloud: Cloud, run_jobs: RunJobs) -> None:
    tenant = factories.member()
    owner = Account.objects.get(pk=tenant.account_id)
    networks = [factories.network(tenant, small_cloud.zone, f"10.{number}.0.0/24") for number in range(2)]

    def deploy(number: int) -> str:
        try:
            deploy_instance(
                tenant, account=owner, zone=small_cloud.zone, name=f"vm-{number}", offering=small_cloud.offering,
                template=small_cloud.template, networks=networks if number % 2 else networks[::-1],
            )  # fmt: skip
        except CapacityExhausted as refusal:
            return refusal.message.split("(")[0]
        return "placed"

    answers = at_once(deploy, 30)

    assert answers["placed"] == 15
    assert sum(answers.values()) == 30
    assert all(
        text.startswith("No host fits 1 CPUs and 512 MiB: none is left with enough")
        for text in answers - Counter(placed=30)
    )
    assert (Instance.objects.count(), Port.objects.count()) == (15, 30)
    assert wrong_counters() == []
    run_jobs()
    assert set(Instance.objects.values_list("state", flat=True)) == {"Running"}
    assert_everything_agrees(small_cloud)


def test_the_fullest_hosts_are_found_while_neighbours_hold_locks(small_cloud: Cloud) -> None:
    """Exactly as many as fit: none oversold, and none refused because a fitting host was locked for a moment."""
    assert at_once(_placing(small_cloud, placement.take_host), 30) == Counter(placed=15, refused=15)
    assert [host.cpus_used for host in small_cloud.hosts()] == [5, 5, 5]


def test_reading_computing_and_writing_is_caught_by_the_same_check(small_cloud: Cloud) -> None:
    """The control: without the lock, more are told “placed” than fit, or the counter forgets some."""

    def naive(demand: Demand) -> Host | None:
        host = (
            Host.objects.filter(zone=demand.zone, cpus_used__lte=F("cpu_capacity") - 1)
            .order_by("-memory_free_mib")
            .first()
        )
        if host is not None:
            time.sleep(0.005)
            Host.objects.filter(pk=host.pk).update(cpus_used=host.cpus_used + demand.cpus)
        return host

    answers = at_once(_placing(small_cloud, naive), 30)

    assert answers["placed"] != sum(host.cpus_used for host in small_cloud.hosts())


def test_a_pool_that_fills_between_two_looks_costs_no_room(small_cloud: Cloud) -> None:
    StoragePool.objects.update(capacity_bytes=5 * small_cloud.template.size_bytes)
    demand = Demand(small_cloud.zone, 1, 512, small_cloud.template.size_bytes)

    def place(_number: int) -> str:
        try:
            with transaction.atomic():
                placement.place(demand)
        except CapacityExhausted:
            return "refused"
        return "placed"

    assert at_once(place, 20) == Counter(placed=5, refused=15)
    assert sum(host.cpus_used for host in small_cloud.hosts()) == 5
    assert StoragePool.objects.get().allocated_bytes == 5 * small_cloud.template.size_bytes


def test_what_would_fit_is_counted(small_cloud: Cloud) -> None:
    assert placement.fits(Demand(small_cloud.zone, 1, 512)) == 15
    assert placement.fits(Demand(small_cloud.zone, 2, 512)) == 6
    Host.objects.filter(name__endswith="-1").update(is_schedulable=False)
    assert placement.fits(Demand(small_cloud.zone, 1, 512)) == 10
    StoragePool.objects.update(allocation_state="Disabled")
    assert placement.fits(Demand(small_cloud.zone, 1, 512, size_bytes=1)) == 0


def test_taking_and_giving_back_at_once_does_not_deadlock(small_cloud: Cloud, run_jobs: RunJobs) -> None:
    """Both take host and pool: in the same order."""
    tenant = factories.member()
    jobs = [factories.deployment(tenant, small_cloud) for _ in range(6)]
    small_cloud.world.inject("define_instance", "fatal", times=6)

    def work(number: int) -> str:
        if number % 2:
            factories.deployment(tenant, small_cloud)
            return "deployed"
        factories.run_until_over(jobs[number // 2], hurry=True)
        return jobs[number // 2].error_code

    answers = at_once(work, 12)

    assert answers == Counter({"deployed": 6, "engine-refused": 6})
    leases_run_out()
    run_jobs()
    assert_everything_agrees(small_cloud)


def _placing(cloud: Cloud, take: Callable[[Demand], Host | None]) -> Callable[[int], str]:
    demand = Demand(cloud.zone, 1, 512)

    def place(_number: int) -> str:
        with transaction.atomic():
            return "placed" if take(demand) is not None else "refused"

    return place

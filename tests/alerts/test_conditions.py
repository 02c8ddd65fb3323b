"""What operators are alerted of: silent hosts, room that runs short, devices that fill up, jobs that fail."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest

from cloudportal.core import clock
from cloudportal.core.alerts import CHECKS, run_check
from cloudportal.core.configuration import SETTINGS
from cloudportal.core.models import Alert
from cloudportal.infrastructure.models import Host
from cloudportal.jobs import services as jobs
from cloudportal.jobs.alerts import concerns_operators
from cloudportal.jobs.check_alerts import CHECK_ALERTS
from cloudportal.jobs.models import Job, WorkerNode
from cloudportal.jobs.prune_alerts import PRUNE_ALERTS
from compute.models import Instance
from compute.services.hosts import remove_host, update_host
from compute.services.instances import start_instance, stop_instance
from compute.workflows.probe_hosts import PROBE_HOSTS
from network.models import PublicAddress
from storage.models import SecondaryStore, StoragePool
from storage.services.templates import upload_template
from storage.workflows import CHECK_POOLS
from tenants.actor import SYSTEM, Actor
from tenants.models import Account
from tenants.services.settings import change_setting
from tests import factories
from tests.conftest import RunJobs
from tests.factories import GIB, Cloud

# On a busy machine they may be old enough to be read again.
SETTINGS_READ = 1


def of(kind: str) -> list[Alert]:
    return list(Alert.objects.filter(kind=kind).exclude(state="Resolved").order_by("pk"))


def probe(run_jobs: RunJobs) -> None:
    Host.objects.update(last_seen_at=clock.now() - timedelta(minutes=1))
    jobs.start(SYSTEM, PROBE_HOSTS)
    run_jobs()


def check(run_jobs: RunJobs) -> None:
    jobs.start(SYSTEM, CHECK_ALERTS)
    run_jobs()


def test_a_host_that_falls_silent_is_an_alert_until_it_answers(cloud: Cloud, run_jobs: RunJobs) -> None:
    silent = cloud.hosts()[0]
    cloud.world.isolate_host(silent.name)

    probe(run_jobs)

    (alert,) = of("host-disconnected")
    assert (alert.level, alert.resource_uuid, alert.zone_id) == ("error", silent.uuid, cloud.zone.pk)
    assert silent.name in alert.message
    check(run_jobs)
    assert [row.pk for row in of("host-disconnected")] == [alert.pk]
    cloud.world.revive_host(silent.name)
    probe(run_jobs)
    assert of("host-disconnected") == []
    alert.refresh_from_db()
    assert (alert.state, alert.occurrences) == ("Resolved", 1)


def test_nobody_waits_for_a_host_in_maintenance_or_one_that_is_gone(cloud: Cloud, run_jobs: RunJobs) -> None:
    first, second = cloud.hosts()
    cloud.world.isolate_host(second.name)
    update_host(SYSTEM, host=first, resource_state="Maintenance")
    cloud.world.isolate_host(first.name)
    probe(run_jobs)
    assert [alert.resource_uuid for alert in of("host-disconnected")] == [second.uuid]

    remove_host(SYSTEM, host=Host.objects.get(pk=second.pk))
    assert of("host-disconnected") == []

    Host.objects.filter(pk=first.pk).update(resource_state="Enabled")
    check(run_jobs)
    assert [alert.resource_uuid for alert in of("host-disconnected")] == [first.uuid]


def test_what_probing_could_not_say_any_more_is_found_by_the_check(cloud: Cloud, run_jobs: RunJobs) -> None:
    host = cloud.hosts()[0]
    Host.objects.filter(pk=host.pk).update(connection_state="Disconnected", last_error="no route")

    check(run_jobs)
    assert [alert.message for alert in of("host-disconnected")] == [f"Host {host} does not answer: no route"]

    Host.objects.filter(pk=host.pk).update(connection_state="Up")
    check(run_jobs)
    assert of("host-disconnected") == []


@pytest.mark.parametrize(
    ("kind", "write"),
    [
        ("cpu-capacity", lambda part: Host.objects.update(cpu_capacity=100, cpus_used=part)),
        ("memory-capacity", lambda part: Host.objects.update(memory_capacity_mib=100, memory_used_mib=part)),
        ("primary-capacity", lambda part: StoragePool.objects.update(capacity_bytes=100, allocated_bytes=part)),
        ("storage-full", lambda part: StoragePool.objects.update(total_bytes=100, available_bytes=100 - part)),
        ("storage-full", lambda part: SecondaryStore.objects.update(total_bytes=100, available_bytes=100 - part)),
    ],
    ids=["cpus", "memory", "promised", "pool", "store"],
)
def test_room_that_runs_short_is_an_alert_with_two_levels_and_a_way_back(
    cloud: Cloud, kind: str, write: Callable[[int], Any]
) -> None:
    """0.75 alerts, 0.85 is an error, and below 0.70 it is over: in between nothing flaps."""
    SecondaryStore.objects.update(total_bytes=0, available_bytes=0)
    seen = []
    for part in (74, 75, 74, 71, 84, 85, 74, 70, 69, 74):
        write(part)
        run_check(kind)
        found = of(kind)
        seen.append(found[0].level if found else "")

    assert seen == ["", "warning", "warning", "warning", "warning", "error", "error", "error", "", ""]
    # The cluster's, and where a zone has a sum of its own, the zone's.
    assert Alert.objects.filter(kind=kind).count() == (2 if kind in ("cpu-capacity", "memory-capacity") else 1)


def test_public_addresses_are_counted_by_zone(tenant: Actor, cloud: Cloud) -> None:
    keys = list(PublicAddress.objects.order_by("pk").values_list("pk", flat=True)[:150])
    PublicAddress.objects.filter(pk__in=keys).update(account=tenant.account_id)

    run_check("address-capacity")

    (alert,) = of("address-capacity")
    assert (alert.level, alert.resource_uuid) == ("warning", cloud.zone.uuid)
    assert "79% of the public addresses are taken" in alert.message


def test_thresholds_are_settings_of_zones_clusters_and_pools(cloud: Cloud) -> None:
    Host.objects.update(cpu_capacity=100, cpus_used=60)
    StoragePool.objects.update(total_bytes=100, available_bytes=40)
    run_check("cpu-capacity")
    run_check("storage-full")
    assert of("cpu-capacity") == []

    change_setting(SYSTEM, setting=SETTINGS["alerts.cpu_notify_share"], value="0.5", place=cloud.cluster)
    change_setting(SYSTEM, setting=SETTINGS["alerts.storage_notify_share"], value="0.5", place=cloud.pool)
    run_check("cpu-capacity")
    run_check("storage-full")

    assert [alert.resource_type for alert in of("cpu-capacity")] == ["infrastructure.cluster"]
    assert cloud.pool.uuid in [alert.resource_uuid for alert in of("storage-full")]


def test_a_check_costs_the_same_however_many_hosts(
    cloud: Cloud, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    names = ("cpu-capacity", "memory-capacity", "address-capacity", "primary-capacity", "host-disconnected")
    for name in names:
        run_check(name)
    with django_assert_max_num_queries(5 * len(names) + SETTINGS_READ) as few:
        for name in names:
            run_check(name)
    (pattern,) = Host.objects.filter(pk=cloud.hosts()[0].pk)
    Host.objects.bulk_create(
        Host(**{**_columns(pattern), "name": f"extra-{number}", "url": f"test:///{number}"}) for number in range(300)
    )

    with django_assert_max_num_queries(len(few) + SETTINGS_READ):
        for name in names:
            run_check(name)


def _columns(host: Host) -> dict[str, Any]:
    wanted = ("cluster_id", "zone_id", "cpu_capacity", "memory_capacity_mib", "connection_state")
    return {name: getattr(host, name) for name in wanted}


def test_storage_is_measured_by_the_file_systems_own_figures(cloud: Cloud, run_jobs: RunJobs) -> None:
    SecondaryStore.objects.update(total_bytes=0, available_bytes=0)

    jobs.start(SYSTEM, CHECK_POOLS)
    run_jobs()

    assert SecondaryStore.objects.get().total_bytes > GIB
    SecondaryStore.objects.update(path="/nowhere/at/all")
    job = jobs.start(SYSTEM, CHECK_POOLS)
    run_jobs()
    job.refresh_from_db()
    assert job.state == "succeeded"


def test_a_flood_of_one_failure_is_one_alert_with_a_count(tenant: Actor, cloud: Cloud, run_jobs: RunJobs) -> None:
    instance = factories.instance(tenant, cloud)
    stop_instance(tenant, instance=instance, force=True)
    run_jobs()
    for _ in range(3):
        cloud.world.inject("start_instance", "fatal")
        start_instance(tenant, instance=Instance.objects.get(pk=instance.pk))
        run_jobs()

    (alert,) = of("job-failed")
    newest = Job.objects.filter(kind="compute.start_instance", state="failed").latest("pk")
    assert (alert.about, alert.occurrences, alert.level) == ("compute.start_instance", 3, "error")
    assert (alert.resource_type, alert.resource_uuid) == ("jobs.job", newest.uuid)
    assert alert.zone_id == cloud.zone.pk


def test_what_is_wrong_with_a_tenants_image_is_no_alert(tenant: Actor, cloud: Cloud, run_jobs: RunJobs) -> None:
    owner = Account.objects.get(pk=tenant.account_id)
    job = upload_template(
        tenant, account=owner, zone=cloud.zone, name="bad", file=BytesIO(b"no image at all" * 100), format="qcow2"
    )
    run_jobs()
    job.refresh_from_db()

    assert job.state == "failed"
    assert of("job-failed") == []


@pytest.mark.parametrize(
    ("code", "actor", "kind", "concerns"),
    [
        ("engine-refused", 1, "compute.start_instance", True),
        ("engine-unavailable", 1, "compute.start_instance", True),
        ("capacity-exhausted", 1, "compute.start_instance", True),
        ("internal", 1, "storage.register_template", True),
        ("worker-died", 1, "compute.start_instance", True),
        ("limit-exceeded", 1, "compute.start_instance", False),
        ("conflict", 1, "compute.start_instance", False),
        ("conflict", None, "compute.probe_hosts", True),
        ("engine-refused", 1, "storage.register_template", False),
        ("abandoned", 1, "no.longer_known", True),
    ],
)
def test_whose_fault_a_failure_is(code: str, actor: int | None, kind: str, *, concerns: bool) -> None:
    assert concerns_operators(Job(kind=kind, error_code=code, actor_id=actor)) is concerns


def test_a_worker_node_that_is_gone_is_an_alert_for_a_day(db: None) -> None:
    now = clock.now()
    ages = {"alive": timedelta(0), "silent": timedelta(hours=1), "buried": timedelta(days=2)}
    for name, age in ages.items():
        WorkerNode.objects.create(
            name=name, queue="default", workers=2, started_at=now - age, beat_at=now - age, heard_at=now - age
        )

    run_check("worker-silent")

    assert [alert.about for alert in of("worker-silent")] == ["silent"]


def test_old_alerts_are_forgotten_and_those_that_last_are_kept(cloud: Cloud, run_jobs: RunJobs) -> None:
    now = clock.now()
    lasting = factories.alert(cloud.hosts()[0])
    rows = [
        Alert(kind="job-failed", about=name, message=name, state=state, last_seen_at=now - age, resolved_at=resolved)
        for name, state, age, resolved in (
            ("long ago", "Open", timedelta(days=20), None),
            ("lately", "Open", timedelta(days=1), None),
            ("over", "Resolved", timedelta(days=200), now - timedelta(days=100)),
            ("over lately", "Resolved", timedelta(days=200), now - timedelta(days=10)),
        )
    ]
    Alert.objects.bulk_create(rows)
    Alert.objects.filter(pk=lasting.pk).update(last_seen_at=now - timedelta(days=300))

    jobs.start(SYSTEM, PRUNE_ALERTS)
    run_jobs()

    left = dict(Alert.objects.values_list("about", "state"))
    assert left == {"long ago": "Resolved", "lately": "Open", "over lately": "Resolved", lasting.about: "Open"}


def test_every_check_answers_in_an_empty_cloud(db: None) -> None:
    for name in CHECKS:
        run_check(name)

    assert not Alert.objects.exists()

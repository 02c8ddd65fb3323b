"""Real worker processes, really killed."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from cloudportal.jobs.models import Job, WorkerNode
from cloudportal.setup.cluster import Cluster as Postgres
from compute.models import Instance
from compute.services.instances import expunge_instance
from tenants.actor import Actor
from tests import factories
from tests.factories import Cloud
from tests.invariants import assert_everything_agrees, assert_nothing_left_over
from tests.jobs.elsewhere import Elsewhere
from tests.jobs.workers import cluster_of, descendants, eventually, kill, task_runners, worker

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

RECOVERY_SECONDS = 20


@pytest.fixture
def network(tenant: Actor, cloud: Cloud) -> None:
    """The tenant's network, made before any worker runs."""
    factories.network(tenant, cloud.zone)


def is_over(job: Job) -> bool:
    job.refresh_from_db()
    return job.is_over


@pytest.mark.parametrize(
    "point",
    [
        "compute.deploy_instance/create_root_disk/acted",
        "compute.deploy_instance/power_on/acted",
        "compute.deploy_instance/finish",
    ],
)
def test_a_worker_killed_in_a_deployment_leaves_it_to_another(
    tenant: Actor, cloud: Cloud, network: None, tmp_path: Path, point: str
) -> None:
    once = tmp_path / "died"
    with worker(tmp_path / "worker.log", CRASH_AT=point, CRASH_ONCE=str(once)):
        job = factories.deployment(tenant, cloud)
        eventually(lambda: is_over(job), "the deployment", seconds=60)

    assert once.exists()
    assert (job.state, job.crashes) == ("succeeded", 1)
    assert_everything_agrees(cloud)


def test_a_worker_killed_in_a_deletion_leaves_nothing(
    tenant: Actor, cloud: Cloud, network: None, tmp_path: Path
) -> None:
    instance = factories.instance(tenant, cloud)
    Instance.objects.filter(pk=instance.pk).update(state="Destroyed")
    once = tmp_path / "died"
    point = "compute.expunge_instance/delete_disks/acted"
    with worker(tmp_path / "worker.log", CRASH_AT=point, CRASH_ONCE=str(once)):
        job = expunge_instance(tenant, instance=instance)
        eventually(lambda: is_over(job), "the deletion", seconds=60)

    assert once.exists()
    assert job.state == "succeeded"
    assert cloud.world.instances() == {}
    assert cloud.world.volumes() == {}


def test_killing_the_idle_workers_stops_nobody_for_long(
    tenant: Actor, cloud: Cloud, network: None, tmp_path: Path
) -> None:
    """Among them is the one that is next in line, which holds the lock of the shared queue."""
    with worker(tmp_path / "worker.log") as supervisor:
        first = factories.deployment(tenant, cloud)
        eventually(lambda: is_over(first), "the first job", seconds=60)
        for pid in task_runners(supervisor):
            kill(pid)
        killed = time.monotonic()
        job = factories.deployment(tenant, cloud)
        eventually(lambda: is_over(job), "the next job", seconds=60)
        took = time.monotonic() - killed

    assert job.state == "succeeded"
    assert took < RECOVERY_SECONDS


def test_a_killed_cluster_is_replaced(tenant: Actor, cloud: Cloud, network: None, tmp_path: Path) -> None:
    with worker(tmp_path / "worker.log") as supervisor:
        task_runners(supervisor)
        os.killpg(cluster_of(supervisor), signal.SIGKILL)
        job = factories.deployment(tenant, cloud)
        eventually(lambda: is_over(job), "the job", seconds=60)

    assert job.state == "succeeded"


def test_nothing_outlives_a_killed_supervisor(db: None, tmp_path: Path) -> None:
    with worker(tmp_path / "worker.log") as supervisor:
        runners = task_runners(supervisor)
        kill(supervisor.pid)
        supervisor.wait()
        gone = eventually(lambda: not any(Path(f"/proc/{pid}").exists() for pid in runners), "the workers to end")

    assert gone


def test_a_node_that_stops_in_order_is_gone_and_one_that_is_killed_is_missed(db: None, tmp_path: Path) -> None:
    with worker(tmp_path / "first.log"):
        eventually(lambda: WorkerNode.objects.exists(), "the node to say that it is there")
    assert not WorkerNode.objects.exists()

    with worker(tmp_path / "second.log") as supervisor:
        eventually(lambda: WorkerNode.objects.exists(), "the node to say that it is there")
        below = descendants(supervisor.pid)
        kill(supervisor.pid)
        supervisor.wait(5)
        # Killed before its cluster had begun: that must not go on alone.
        eventually(lambda: not any(Path(f"/proc/{pid}").exists() for pid in below), "the cluster to end")
    assert WorkerNode.objects.exists()


def test_a_database_that_stops_and_returns_loses_nothing(tmp_path: Path) -> None:
    postgres = Postgres(tmp_path / "postgres")
    elsewhere = Elsewhere(postgres.start(), tmp_path / "state")
    try:
        elsewhere.manage("migrate", "--noinput")
        elsewhere.manage("seed_demo", "--simulated")
        with worker(tmp_path / "worker.log", url=postgres.url):
            elsewhere.deploy(6)
            eventually(lambda: elsewhere.count("running", "succeeded"), "work to begin", seconds=60)
            postmaster = int((postgres.data / "postmaster.pid").read_text().split()[0])
            os.kill(postmaster, signal.SIGQUIT)
            eventually(lambda: not Path(f"/proc/{postmaster}").exists(), "the database to stop")
            postgres.start()
            eventually(lambda: elsewhere.count("succeeded") == 6, "every deployment", seconds=90)
        assert elsewhere.wrong_counters() == []
    finally:
        postgres.stop()


def test_the_invariants_notice_what_is_left_over(tenant: Actor, cloud: Cloud, network: None) -> None:
    """The control: an instance that still is there is not nothing."""
    factories.instance(tenant, cloud)

    with pytest.raises(AssertionError):
        assert_nothing_left_over(cloud)

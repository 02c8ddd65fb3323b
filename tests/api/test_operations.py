"""What those who run the portal ask it: is it ready, and how is it."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from cloudportal.api.metrics import collector
from cloudportal.jobs.models import WorkerNode
from tenants.actor import Actor
from tests import factories
from tests.api.client import Api
from tests.api.test_problems import MISSING, assert_problem
from tests.factories import Cloud


@pytest.fixture
def worker(db: None) -> WorkerNode:
    moment = timezone.now()
    return WorkerNode.objects.create(
        name="node", queue="default", workers=2, started_at=moment, beat_at=moment, heard_at=moment
    )


@pytest.fixture(autouse=True)
def _read_afresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collector, "FRESH_SECONDS", -1.0)


def ready() -> Any:
    return Client(raise_request_exception=False).get("/readyz")


def test_a_portal_with_database_tables_and_worker_is_ready(worker: WorkerNode) -> None:
    answer = ready()

    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ok",
        "checks": {name: {"status": "ok"} for name in ("database", "migrations", "workers")},
    }


def test_without_a_worker_it_is_not(worker: WorkerNode) -> None:
    WorkerNode.objects.update(heard_at=timezone.now() - timedelta(minutes=2))

    answer = ready()

    assert (answer.status_code, answer.json()["status"]) == (503, "failing")
    assert answer.json()["checks"]["workers"]["status"] == "failing"
    assert answer.json()["checks"]["database"] == {"status": "ok"}


def test_with_a_migration_missing_it_is_not(worker: WorkerNode) -> None:
    MigrationRecorder(connection).record_unapplied("doors", "0001_requests_and_rates")

    assert ready().json()["checks"]["migrations"] == {"status": "failing", "message": "1 migrations are not applied"}


def test_without_a_database_it_is_not_and_says_so(worker: WorkerNode, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_args: Any, **_options: Any) -> Any:
        raise ConnectionError("gone")

    with monkeypatch.context() as patched:
        patched.setattr(connection, "cursor", gone)
        answer = ready()

    assert answer.status_code == 503
    assert {check["status"] for check in answer.json()["checks"].values()} == {"failing"}


class Figures:
    """What a scraper reads."""

    def __init__(self, answer: Any) -> None:
        assert answer.status_code == 200
        self._found = {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(answer.content.decode())
            for sample in family.samples
        }

    def of(self, name: str, **labels: str) -> float | None:
        return self._found.get((f"cloudportal_{name}", frozenset(labels.items())))


def test_the_figures_of_the_cloud(operator_api: Api, worker: WorkerNode, tenant: Actor, cloud: Cloud) -> None:
    factories.instance(tenant, cloud)
    factories.deployment(tenant, cloud)
    zone = cloud.zone.name

    answer = operator_api.ask("get", "/metrics")
    found = Figures(answer)

    assert answer["Content-Type"].startswith("text/plain")
    assert found.of("database_up") == 1
    assert found.of("figures_left_out") == 0
    assert found.of("instances", zone=zone, state="Running") == 1
    assert found.of("instances", zone=zone, state="Starting") == 1
    assert found.of("jobs_active", state="queued", kind="compute.deploy_instance") == 1
    assert found.of("jobs_ended_recently", state="succeeded", kind="compute.deploy_instance") == 1
    assert (found.of("job_oldest_queued_seconds") or 0) >= 0
    assert found.of("worker_nodes", state="alive") == 1
    assert found.of("worker_processes") == 2
    assert found.of("hosts", zone=zone, resource_state="Enabled", connection_state="Up") == 2
    assert found.of("capacity_used", kind="cpus", zone=zone) == 2
    assert (found.of("capacity_total", kind="cpus", zone=zone) or 0) > 2
    assert (found.of("capacity_used", kind="public_addresses", zone=zone) or 0) >= 1
    assert (found.of("pool_promised_bytes", zone=zone, cluster="cluster", pool="pool") or 0) > 0


def test_requests_are_counted_by_route(operator_api: Api) -> None:
    labels = {"method": "GET", "route": "api/v1/jobs/<uuid:uuid>/", "status": "404"}

    def count() -> float:
        return Figures(operator_api.ask("get", "/metrics")).of("http_requests_total", **labels) or 0

    before = count()
    operator_api.get(f"jobs/{MISSING}/")

    assert count() == before + 1


def test_no_tenant_stands_in_a_figure(operator_api: Api, tenant: Actor, cloud: Cloud) -> None:
    instance = factories.instance(tenant, cloud, name="sesame")

    text = operator_api.ask("get", "/metrics").content.decode()

    assert not any(word in text for word in ("sesame", tenant.name, instance.account.name, str(instance.uuid)))


def test_figures_are_for_operators_and_for_who_has_the_token(api: Api, nobody_api: Api, settings: Any) -> None:
    settings.METRICS_TOKEN = "of-prometheus"

    assert nobody_api.ask("get", "/metrics").status_code == 401
    assert nobody_api.ask("get", "/metrics", authorization="Bearer ").status_code == 401
    assert nobody_api.ask("get", "/metrics", authorization="Bearer of-somebody").status_code == 401
    assert api.ask("get", "/metrics").status_code == 401
    assert nobody_api.ask("get", "/metrics", authorization="Bearer of-prometheus").status_code == 200


def test_what_can_not_be_read_is_left_out_and_said(operator_api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow() -> Any:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(30)")
        return iter(())

    monkeypatch.setattr(collector, "LONGEST", "50ms")
    monkeypatch.setattr(collector, "FIGURES", (slow, *collector.FIGURES))

    found = Figures(operator_api.ask("get", "/metrics"))

    assert (found.of("figures_left_out") or 0) >= 1
    assert found.of("job_oldest_queued_seconds") == 0


def test_figures_are_read_once_for_many_scrapers(
    operator_api: Api, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: Any
) -> None:
    monkeypatch.setattr(collector, "FRESH_SECONDS", 60.0)
    operator_api.ask("get", "/metrics")

    # The key and the grants.
    with django_assert_max_num_queries(2):
        operator_api.ask("get", "/metrics")


COUNT = """
import os, sys
from prometheus_client import generate_latest
from cloudportal.doors.metering import REQUESTS, counted
REQUESTS.labels("GET", "somewhere", 200).inc(float(sys.argv[1]))
print(generate_latest(counted()).decode())
"""


def test_several_processes_are_summed_up(tmp_path: Path) -> None:
    environment = {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path), "PATH": "", "DJANGO_SETTINGS_MODULE": ""}

    def counting(amount: int) -> str:
        argv = [sys.executable, "-c", COUNT, str(amount)]
        root = Path(__file__).resolve().parents[2]
        return subprocess.run(argv, env=environment, cwd=root, capture_output=True, text=True, check=True).stdout

    counting(2)

    assert 'cloudportal_http_requests_total{method="GET",route="somewhere",status="200"} 5.0' in counting(3)


def test_errors_outside_of_views_are_problems_too(operator_api: Api, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["portal.example"]

    assert_problem(operator_api.ask("get", "me/", host="elsewhere.example"), 400, "malformed")
    page = Client(raise_request_exception=False).get("/", headers={"host": "elsewhere.example"})
    assert page["Content-Type"].startswith("text/html")

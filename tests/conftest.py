"""What every test may ask for."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cloudportal.core import configuration
from cloudportal.infrastructure.drivers.simulator import World
from cloudportal.jobs import failpoints
from cloudportal.jobs.inline import run_once
from cloudportal.jobs.models import Job
from cloudportal.jobs.models.job import ACTIVE
from cloudportal.lab import Lab, can_run
from cloudportal.lab.guest import build_guest
from tenants.actor import Actor, actor_of
from tests import factories
from tests.crashes import WorkerKilled, leases_run_out
from tests.factories import Cloud

CACHE = Path(__file__).resolve().parents[1] / ".local" / "cache"
RunJobs = Callable[[], None]


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A simulated data centre, in a file that outlives processes."""
    return World(tmp_path / "world.sqlite3")


@pytest.fixture
def cloud(db: None, world: World, tmp_path: Path) -> Cloud:
    """A zone of two simulated hosts."""
    return factories.cloud(world, tmp_path)


@pytest.fixture
def tenant(db: None) -> Actor:
    return factories.member()


@pytest.fixture
def other_tenant(db: None) -> Actor:
    return factories.member()


@pytest.fixture
def operator(db: None) -> Actor:
    return actor_of(factories.user("root_admin", on=factories.root()))


@pytest.fixture
def run_jobs() -> RunJobs:
    """Work on every job, without waiting for the times that they wait for."""

    def run() -> None:
        for _ in range(200):
            jobs = list(Job.objects.filter(state__in=ACTIVE).order_by("-parent_id", "id"))
            if not jobs:
                return
            for job in jobs:
                try:
                    run_once(job, hurry=True)
                except WorkerKilled:
                    leases_run_out()
        raise AssertionError(f"Jobs that do not end: {list(Job.objects.filter(state__in=ACTIVE))}")

    return run


@pytest.fixture(autouse=True)
def _cheap_passwords(settings: Any) -> None:
    """A good password hash costs a third of a second, which no test is about."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def _settings_as_they_are() -> None:
    """What another test changed, its transaction took back; this process may remember it."""
    configuration.forget()


@pytest.fixture(autouse=True)
def _no_failpoints() -> Iterator[None]:
    yield
    failpoints.handle_with(None)


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """OVN and two KVM hosts, for the whole run of this process."""
    if refusal := can_run():
        skip_real_thing(refusal)
    with Lab(tmp_path_factory.mktemp("lab")) as running:
        running.guest_image = CACHE / "guest.qcow2"
        build_guest(running.guest_image)
        yield running


def skip_real_thing(reason: str) -> None:
    """Skip with the reason; where everything must be there, a missing engine is a failure."""
    if os.environ.get("CI") == "true" and os.geteuid() == 0 and Path("/etc/debian_version").exists():
        pytest.fail(f"The real engines must run here: {reason}")
    pytest.skip(reason)

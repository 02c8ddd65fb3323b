"""``Prefer: wait``: an answer that comes when the job is over."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from cloudportal.doors.api import waiting
from cloudportal.infrastructure.drivers.simulator import World
from cloudportal.jobs.inline import run_once
from cloudportal.jobs.models import Job
from cloudportal.jobs.models.job import ACTIVE
from tests import factories
from tests.api.client import Api
from tests.factories import Cloud

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def working() -> Iterator[None]:
    """A worker in a thread of its own."""
    stopped = threading.Event()

    def work() -> None:
        try:
            while not stopped.wait(0.02):
                for job in Job.objects.filter(state__in=ACTIVE).order_by("-parent_id", "id"):
                    run_once(job, hurry=True)
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    yield
    stopped.set()
    thread.join()


def body(cloud: Cloud, name: str = "lan") -> dict[str, Any]:
    return {"name": name, "zone": str(cloud.zone.uuid), "cidr": "10.7.0.0/24"}


def test_a_creation_answers_with_what_was_made(cloud: Cloud, working: None) -> None:
    api = Api(factories.member())

    made = api.ask("post", "networks/", body(cloud), prefer="respond-async, wait=20")

    assert (made.status_code, made["Preference-Applied"]) == (201, "wait=20")
    assert (made.json()["state"], made.json()["job"]["state"]) == ("Implemented", "succeeded")
    assert made.json()["job"]["error"] is None
    address = f"networks/{made.json()['id']}/"
    assert api.get(address)["ETag"] == made["ETag"]
    gone = api.ask("delete", address, prefer="wait=20")
    assert (gone.status_code, gone.json()["job"]["state"]) == (200, "succeeded")
    assert "name" not in gone.json()


def test_a_failed_job_shows_in_the_answer(cloud: Cloud, world: World, working: None) -> None:
    api = Api(factories.member())
    world.inject("create_network", "fatal")

    made = api.ask("post", "networks/", body(cloud), prefer="wait=20")

    assert made.status_code == 200
    assert made.json()["job"]["state"] == "failed"
    assert made.json()["job"]["error"]["message"]


def test_what_takes_longer_is_answered_as_ever(cloud: Cloud) -> None:
    api = Api(factories.member())
    begun = time.monotonic()

    made = api.ask("post", "networks/", body(cloud), prefer="wait=1")

    assert (made.status_code, made["Preference-Applied"]) == (202, "wait=1")
    assert "state" not in made.json()["job"]
    assert 1 <= time.monotonic() - begun < 10


@pytest.mark.parametrize("prefer", ["wait=0", "wait", "wait=-1", "wait=x", "return=minimal", "wait=99999999"])
def test_other_preferences_are_no_error(cloud: Cloud, prefer: str) -> None:
    made = Api(factories.member()).ask("post", "networks/", body(cloud), prefer=prefer)

    assert made.status_code == 202
    assert "Preference-Applied" not in made


def test_nobody_waits_where_all_places_are_taken(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "_places", threading.BoundedSemaphore(1))

    with waiting.a_place() as got, waiting.a_place() as second:
        made = Api(factories.member()).ask("post", "networks/", body(cloud), prefer="wait=30")

    assert (got, second, made.status_code) == (True, False, 202)
    assert "Preference-Applied" not in made


def test_the_longest_wait_is_bounded() -> None:
    class Asked:
        headers = {"Prefer": 'handling=lenient; x, wait="900"'}

    assert waiting.wanted_seconds(Asked()) == waiting.LONGEST  # type: ignore[arg-type]

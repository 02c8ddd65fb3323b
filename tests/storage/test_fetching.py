"""Files that are fetched: in turns, again where they were, and never from our own networks."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from cloudportal.core.driver_errors import Fatal
from cloudportal.jobs.models import Job
from storage import fetching
from storage.engines import incoming_file
from storage.workflows import register_template as workflow
from tenants.actor import Actor
from tests import factories
from tests.conftest import RunJobs
from tests.crashes import dying_at
from tests.factories import MIB, Cloud
from tests.storage.mirror import IMAGE, SUM, Mirror, failed_without_a_trace, register


def test_a_transfer_that_breaks_off_goes_on_where_it_was(
    tenant: Actor, cloud: Cloud, mirror: Mirror, run_jobs: RunJobs
) -> None:
    mirror.cut_after = MIB
    job = register(tenant, cloud, f"{mirror.url}/image.raw", checksum=SUM)
    run_jobs()
    assert job.resource.state == "Ready"
    assert mirror.asked[0][1] == ""
    assert mirror.asked[1][1].startswith("bytes=")


def test_a_server_that_can_not_resume_begins_again(
    tenant: Actor, cloud: Cloud, mirror: Mirror, run_jobs: RunJobs
) -> None:
    mirror.cut_after, mirror.ranges = MIB, False
    job = register(tenant, cloud, f"{mirror.url}/image.raw", checksum=SUM)
    run_jobs()
    assert job.resource.state == "Ready"


@pytest.mark.parametrize("point", ["fetch/acted", "fetch/done", "check/acted"])
def test_a_worker_that_dies_fetches_nothing_twice(
    tenant: Actor, cloud: Cloud, mirror: Mirror, run_jobs: RunJobs, point: str
) -> None:
    """The file may be here in full already: then the server has nothing more to send, and that is success."""
    with dying_at(f"storage.register_template/{point}") as deaths:
        job = register(tenant, cloud, f"{mirror.url}/image.raw", checksum=SUM)
        run_jobs()

    assert deaths
    assert job.resource.state == "Ready", Job.objects.get(pk=job.pk).error
    assert mirror.asked[1:] in ([], [("/image.raw", f"bytes={len(IMAGE)}-")])


def test_a_file_that_became_shorter_meanwhile_is_fetched_anew(
    tenant: Actor, cloud: Cloud, mirror: Mirror, run_jobs: RunJobs
) -> None:
    job = register(tenant, cloud, f"{mirror.url}/image.raw", checksum=SUM)
    part = incoming_file(job.resource.store, job.resource)
    part.write_bytes(IMAGE + b"of an older file")
    run_jobs()
    assert job.resource.state == "Ready"


def test_a_server_that_is_slow_and_can_not_resume_loses(
    tenant: Actor, cloud: Cloud, mirror: Mirror, run_jobs: RunJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workflow, "WHOLE_SECONDS", -1)
    monkeypatch.setattr(workflow, "LOOK_SECONDS", 0)
    mirror.ranges = False
    job = register(tenant, cloud, f"{mirror.url}/image.raw")
    run_jobs()
    failed_without_a_trace(job, "can't resume")


def test_a_large_file_comes_in_several_turns(
    tenant: Actor, cloud: Cloud, mirror: Mirror, run_jobs: RunJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workflow, "TURN_SECONDS", -1)
    monkeypatch.setattr(workflow, "LOOK_SECONDS", 0)
    job = register(tenant, cloud, f"{mirror.url}/image.raw", checksum=SUM)
    run_jobs()
    assert job.resource.state == "Ready"
    assert len(mirror.asked) > 3


INTERNAL = [
    "127.0.0.1",
    "127.8.9.1",
    "127.1",
    "localhost",
    "0.0.0.0",  # noqa: S104 - nothing is bound
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "10.0.0.1",
    "172.16.3.4",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "224.0.0.1",
    "255.255.255.255",
    "[::1]",
    "[::]",
    "[fe80::1]",
    "[fc00::1]",
    "[fec0::1]",
    "[ff02::1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:10.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "[::127.0.0.1]",
]


@pytest.mark.parametrize("host", INTERNAL)
def test_no_url_leads_into_our_own_networks(db: None, host: str) -> None:
    with pytest.raises(Fatal, match=r"internal address|no host called"), fetching.opened(f"http://{host}:9/image", 0):
        pass


def test_a_name_that_leads_inside_is_refused_by_its_address(
    tenant: Actor, cloud: Cloud, run_jobs: RunJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One good answer among them does not help: each is judged."""
    answers = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80)) for address in ("93.184.216.34", "127.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_more: answers)
    job = register(tenant, cloud, "http://images.example.org/image.raw")
    run_jobs()
    failed_without_a_trace(job, "internal address")


def test_a_redirect_is_judged_like_a_first_url(
    tenant: Actor, cloud: Cloud, mirror: Mirror, run_jobs: RunJobs, settings: Any
) -> None:
    settings.TEMPLATE_INTERNAL_NETWORKS = ["127.0.0.1/32"]
    mirror.redirects |= {"/away": "http://169.254.169.254/latest/meta-data/", "/near": "//127.0.0.2:80/"}
    for path in mirror.redirects:
        job = register(tenant, cloud, mirror.url + path, name=factories.unique("template"))
        run_jobs()
        failed_without_a_trace(job, "internal address")


def test_a_redirect_to_no_url_is_refused_in_words(
    tenant: Actor, cloud: Cloud, mirror: Mirror, run_jobs: RunJobs
) -> None:
    mirror.redirects |= {"/bracket": "http://[127.0.0.1/", "/control": "http://127.0.0.1/\x7f"}
    for path in mirror.redirects:
        job = register(tenant, cloud, mirror.url + path, name=factories.unique("template"))
        run_jobs()
        failed_without_a_trace(job, "URL")

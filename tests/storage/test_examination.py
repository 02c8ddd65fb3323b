"""Large images are judged by a process that nobody waits for, and that may die as everything may."""

from __future__ import annotations

import fcntl
import hashlib
import os
import time
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import pytest

from cloudportal.core.driver_errors import Fatal, Retryable
from cloudportal.jobs.inline import run_once
from cloudportal.jobs.models import Job
from cloudportal.jobs.services import cancel
from storage import examination as program
from storage.engines import examination_of, incoming_file, template_file
from storage.examination import Examination
from storage.models import Template
from storage.services.templates import upload_template
from storage.workflows import register_template as workflow
from tenants.actor import Actor
from tenants.models import Account
from tests import factories
from tests.conftest import RunJobs
from tests.crashes import dying_at
from tests.factories import MIB, Cloud

IMAGE = factories.raw_image(3 * MIB).getvalue()
SUM = f"sha256:{hashlib.sha256(IMAGE).hexdigest()}"
PATIENCE = 30


def wait_for(condition: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.fixture
def examination(tmp_path: Path) -> Iterator[Examination]:
    """Of an image that takes a while: as much as a disk that answers slowly."""
    image = tmp_path / "image.raw"
    image.write_bytes(IMAGE)
    examination = Examination(tmp_path / "image.check", image, "raw")
    yield examination
    examination.forget()


@pytest.fixture
def endless(examination: Examination) -> Examination:
    """Of an image that is never read to its end: a sparse file of a TiB. Its process ends with the test."""
    os.truncate(examination.image, 1 << 40)
    return examination


def test_a_verdict_comes_and_stays_until_it_is_forgotten(examination: Examination) -> None:
    assert examination.verdict() is None
    examination.want()
    examination.begin()
    wait_for(examination.verdict)

    facts = examination.verdict()
    assert facts is not None
    assert (facts.size_bytes, facts.file_bytes, facts.checksum) == (3 * MIB, 3 * MIB, SUM)
    examination.forget()
    assert not examination.directory.exists()
    assert examination.verdict() is None


def test_a_refusal_comes_in_the_same_words(examination: Examination) -> None:
    examination.image.write_bytes(b"no disk" * 1000)
    examination.want()
    examination.begin()

    with pytest.raises(Fatal, match="its first sector has no boot signature"):
        wait_for(examination.verdict)


def test_a_file_that_can_not_be_read_is_tried_again(examination: Examination) -> None:
    examination.image.rename(examination.image.with_suffix(".away"))
    examination.want()
    examination.begin()
    with pytest.raises(Retryable, match="FileNotFoundError"):
        wait_for(examination.verdict)

    examination.image.with_suffix(".away").rename(examination.image)
    examination.begin()

    wait_for(examination.verdict)


def test_one_is_at_work_and_a_second_leaves_at_once(endless: Examination) -> None:
    endless.want()
    endless.begin()
    wait_for(endless.is_at_work)
    first = program._begun[-1]

    endless.begin()

    assert program._begun[-1] is not first
    program._begun[-1].wait(PATIENCE)
    assert first.poll() is None


def test_a_process_that_is_killed_leaves_the_lock_to_the_next(endless: Examination) -> None:
    endless.want()
    endless.begin()
    wait_for(endless.is_at_work)
    program._begun[-1].kill()
    wait_for(lambda: not endless.is_at_work())
    os.truncate(endless.image, len(IMAGE))

    endless.begin()

    wait_for(endless.verdict)


def test_it_shows_how_far_it_is(endless: Examination) -> None:
    endless.want()
    endless.begin()
    wait_for(endless.read_bytes)
    assert 0 < endless.read_bytes() < 1 << 40


def test_it_ends_when_it_is_forgotten(endless: Examination) -> None:
    endless.want()
    endless.begin()
    wait_for(endless.is_at_work)

    endless.forget()

    program._begun[-1].wait(PATIENCE)
    assert not endless.directory.exists()


def test_it_ends_when_nobody_asks_any_more(endless: Examination, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "PATIENCE_SECONDS", 0.2)
    endless.want()
    watch = program._Watch(endless)
    watch.tick(1)
    assert endless.read_bytes() == 1
    time.sleep(0.3)
    endless.want()
    watch._looked = 0.0
    watch.tick(2)

    time.sleep(0.3)
    watch._looked = 0.0

    with pytest.raises(SystemExit):
        watch.tick(3)


def test_it_knows_no_secret_of_the_portal(endless: Examination, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "decoy")
    endless.want()
    endless.begin()
    wait_for(endless.is_at_work)

    environment = Path(f"/proc/{program._begun[-1].pid}/environ").read_bytes()

    assert b"decoy" not in environment
    assert b"SECRET_KEY" not in environment


# With its job


@pytest.fixture
def large_images(monkeypatch: pytest.MonkeyPatch) -> None:
    """All images count as large."""
    monkeypatch.setattr(workflow, "SMALL_BYTES", -1)


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch, large_images: None) -> None:
    monkeypatch.setattr(workflow, "FIRST_LOOK_SECONDS", 0)


def upload(tenant: Actor, cloud: Cloud, image: bytes = IMAGE, **more: str) -> Job:
    owner = Account.objects.get(pk=tenant.account_id)
    fields = {"name": "large", "format": "raw"} | more
    return upload_template(tenant, account=owner, zone=cloud.zone, file=BytesIO(image), **fields)


def files_of(template: Template) -> list[str]:
    store = Path(template.store.path)
    return sorted(str(path.relative_to(store)) for path in store.rglob(f"{template.uuid}*"))


def test_a_large_image_is_taken_in_one_turn_if_it_is_over_soon(tenant: Actor, cloud: Cloud, large_images: None) -> None:
    job = upload(tenant, cloud, checksum=SUM)
    run_once(job)

    assert job.resource.state == "Ready"
    assert files_of(job.resource) == [f"templates/{job.resource.uuid}.raw"]


def test_nobody_waits_for_an_image_that_takes_long(tenant: Actor, cloud: Cloud, hurried: None) -> None:
    job = upload(tenant, cloud)
    run_once(job)

    job.refresh_from_db()
    assert (job.state, job.lease_owner) == ("waiting", "")
    assert job.message.startswith("Checking the image: ")
    wait_for(examination_of(job.resource).verdict)
    run_once(job, hurry=True)
    assert (job.resource.state, job.resource.checksum) == ("Ready", SUM)
    assert files_of(job.resource) == [f"templates/{job.resource.uuid}.raw"]


@pytest.mark.parametrize("point", ["begun", "acted", "done"])
def test_a_worker_that_dies_leaves_the_process_at_work(
    tenant: Actor, cloud: Cloud, run_jobs: RunJobs, hurried: None, point: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workflow, "FIRST_LOOK_SECONDS", PATIENCE)
    with dying_at(f"storage.register_template/check/{point}") as deaths:
        job = upload(tenant, cloud)
        run_jobs()

    assert deaths
    assert job.resource.state == "Ready"
    assert files_of(job.resource) == [f"templates/{job.resource.uuid}.raw"]


def test_a_large_image_that_is_refused_leaves_nothing(
    tenant: Actor, cloud: Cloud, run_jobs: RunJobs, large_images: None
) -> None:
    job = upload(tenant, cloud, checksum=f"sha256:{'0' * 64}")
    run_jobs()

    job.refresh_from_db()
    assert (job.state, job.resource.state) == ("failed", "Error")
    assert job.error.startswith(f"The checksum is {SUM}, not sha256:000")
    assert files_of(job.resource) == []


def test_a_cancelled_check_ends_its_process(tenant: Actor, cloud: Cloud, run_jobs: RunJobs, hurried: None) -> None:
    job = upload(tenant, cloud)
    part = incoming_file(job.resource.store, job.resource)
    os.truncate(part, 1 << 40)
    run_once(job)
    wait_for(examination_of(job.resource).is_at_work)
    cancel(tenant, job)

    run_jobs()

    job.refresh_from_db()
    assert job.state == "cancelled"
    assert program._begun[-1].wait(PATIENCE) != 0
    assert files_of(job.resource) == []
    assert not template_file(job.resource).exists()


def test_a_process_that_never_comes_to_its_end_is_not_begun_for_ever(
    tenant: Actor, cloud: Cloud, run_jobs: RunJobs, hurried: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program.sys, "executable", "/bin/false")
    job = upload(tenant, cloud)
    run_jobs()

    job.refresh_from_db()
    assert job.state == "failed"
    assert "begun 10 times" in job.error
    assert files_of(job.resource) == []


def test_another_node_is_at_work(tenant: Actor, cloud: Cloud, hurried: None) -> None:
    """Its process holds the lock on the store that both see: none is begun here."""
    job = upload(tenant, cloud)
    examination = examination_of(job.resource)
    examination.want()
    begun = len(program._begun)
    with (examination.directory / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        run_once(job)
        assert len(program._begun) == begun
    job.refresh_from_db()
    assert job.state == "waiting"
    assert "begun" not in job.steps.get(name="check").reference
    examination.work()
    run_once(job, hurry=True)
    assert job.resource.state == "Ready"

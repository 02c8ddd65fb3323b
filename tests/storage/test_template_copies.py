"""Copies of templates in primary storage come piece by piece, through whatever happens in between."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from uuid import uuid4

import pytest

from cloudportal.core.driver_errors import NotFound
from cloudportal.infrastructure.drivers.simulator import FaultKind
from cloudportal.jobs import failpoints
from cloudportal.jobs.inline import run_once
from cloudportal.jobs.models import Job, JobLog
from cloudportal.jobs.services import start
from compute.workflows import RECONCILE
from storage.backends.base import TemplateSpec
from storage.engines import backend_of, template_file
from storage.models import Template, TemplateCopy
from storage.services.templates import upload_template
from storage.workflows import COPY_TEMPLATE
from storage.workflows import copy_template as workflow
from tenants.actor import SYSTEM, Actor
from tests import factories
from tests.conftest import RunJobs
from tests.crashes import WorkerKilled
from tests.factories import MIB, Cloud

PIECES = 8
# Bytes, zeros, bytes, zeros: a raw disk as it comes.
IMAGE = bytearray(PIECES * MIB)
for begin in (0, 4 * MIB):
    IMAGE[begin : begin + 2 * MIB] = random.Random(begin).randbytes(2 * MIB)
IMAGE[510:512] = b"\x55\xaa"


@pytest.fixture(autouse=True)
def _small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workflow, "SMALLEST_PIECE", MIB)
    monkeypatch.setattr(workflow, "LARGEST_PIECE", MIB)


@pytest.fixture
def template(cloud: Cloud) -> Template:
    job = upload_template(
        SYSTEM, account=factories.account(), zone=cloud.zone, name="mixed", file=BytesIO(IMAGE), format="raw",
        is_public=True,
    )  # fmt: skip
    return factories.finished(job).resource


@pytest.fixture
def one_piece_a_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workflow, "TURN_SECONDS", -1)


def copying(template: Template, cloud: Cloud) -> Job:
    copy = TemplateCopy.objects.create(template=template, pool=cloud.pool)
    return start(SYSTEM, COPY_TEMPLATE, copy)


@contextmanager
def dying_after_pieces(*numbers: int) -> Iterator[list[int]]:
    """The worker dies after each of these pieces. Yields the number of every piece that was written."""
    written: list[int] = []

    def handler(point: str) -> None:
        if point == "storage.copy_template/copy_image/piece":
            written.append(len(written) + 1)
            if len(written) in numbers:
                raise WorkerKilled(point)

    failpoints.handle_with(handler)
    try:
        yield written
    finally:
        failpoints.handle_with(None)


def assert_whole(job: Job, template: Template, cloud: Cloud) -> None:
    job.refresh_from_db()
    assert job.state == "succeeded", job.error
    assert f"sha256:{cloud.world.template_sum(cloud.pool.uuid, template.uuid)}" == template.checksum
    assert cloud.world.imports(cloud.pool.uuid) == {}


@pytest.mark.parametrize("number", range(1, PIECES + 1))
@pytest.mark.parametrize("recording_seconds", [-1, 1000])
def test_a_worker_dies_between_any_two_pieces(
    template: Template, cloud: Cloud, run_jobs: RunJobs, monkeypatch: pytest.MonkeyPatch,
    number: int, recording_seconds: int,
) -> None:  # fmt: skip
    monkeypatch.setattr(workflow, "RECORD_SECONDS", recording_seconds)
    job = copying(template, cloud)
    with dying_after_pieces(number) as written:
        run_jobs()

    assert_whole(job, template, cloud)
    # What was recorded is not copied again; without a record it begins anew.
    assert len(written) == PIECES + (1 if recording_seconds < 0 else number)


def test_a_copy_gives_its_worker_back_after_a_turn(
    template: Template, cloud: Cloud, run_jobs: RunJobs, one_piece_a_turn: None
) -> None:
    job = copying(template, cloud)
    run_once(job)

    job.refresh_from_db()
    assert (job.state, job.lease_owner, job.message) == ("waiting", "", "1 of 8 MiB")
    assert job.steps.get().reference == {"offset": MIB, "proof": MIB}
    assert TemplateCopy.objects.get().state == "Copying"
    assert not backend_of(cloud.pool).has_template(template.uuid)
    with dying_after_pieces() as written:
        run_jobs()
    assert len(written) == PIECES - 1
    assert_whole(job, template, cloud)


def test_a_browser_sees_how_many_mib_there_are(
    template: Template, cloud: Cloud, monkeypatch: pytest.MonkeyPatch, one_piece_a_turn: None
) -> None:
    shown: list[tuple[int, str]] = []
    run = workflow.Run
    monkeypatch.setattr(run, "progress", lambda _run, percent, words: shown.append((percent, words)))
    run_once(copying(template, cloud))
    assert shown == [(12, "1 of 8 MiB")]


@pytest.mark.parametrize("number", [1, 3, 4, 6])
def test_a_host_that_loses_power_gets_again_what_it_had_only_in_memory(
    template: Template, cloud: Cloud, run_jobs: RunJobs, one_piece_a_turn: None, number: int
) -> None:
    job = copying(template, cloud)
    for _ in range(number):
        run_once(job, hurry=True)
    cloud.world.lose_writes(cloud.pool.uuid, template.uuid, kept_bytes=MIB // 2)

    run_jobs()

    assert_whole(job, template, cloud)
    assert JobLog.objects.filter(job=job, message__contains="has lost what had been copied").exists()


def test_a_file_that_somebody_deleted_is_copied_from_the_start(
    template: Template, cloud: Cloud, run_jobs: RunJobs, one_piece_a_turn: None
) -> None:
    job = copying(template, cloud)
    run_once(job)
    backend_of(cloud.pool).delete_template(template.uuid)

    run_jobs()

    assert_whole(job, template, cloud)


def test_an_engine_that_fails_for_a_while_is_asked_again(
    template: Template, cloud: Cloud, run_jobs: RunJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workflow, "RECORD_SECONDS", -1)
    for operation in ("begin_import", "write_import", "read_import", "finish_import"):
        for kind in (FaultKind.RETRYABLE, FaultKind.LOST_ANSWER):
            # A finished import is not finished again.
            cloud.world.inject(operation, kind, times=1 if operation == "finish_import" else 2)
    job = copying(template, cloud)

    run_jobs()

    assert_whole(job, template, cloud)
    assert cloud.world.faults_left() == 0


@pytest.mark.parametrize("operation", ["begin_import", "write_import", "finish_import"])
def test_a_copy_that_fails_leaves_nothing_in_the_pool(
    template: Template, cloud: Cloud, run_jobs: RunJobs, operation: str
) -> None:
    cloud.world.inject(operation, FaultKind.FATAL, times=1)
    before = backend_of(cloud.pool).capacity()
    job = copying(template, cloud)

    run_jobs()

    job.refresh_from_db()
    assert (job.state, TemplateCopy.objects.get().state) == ("failed", "Allocated")
    assert cloud.world.imports(cloud.pool.uuid) == {}
    assert backend_of(cloud.pool).capacity() == before
    assert list(cloud.world.path.parent.glob("*-imports/*")) == []


def test_half_a_file_in_secondary_storage_is_not_copied(template: Template, cloud: Cloud, run_jobs: RunJobs) -> None:
    template_file(template).write_bytes(IMAGE[: len(IMAGE) // 2])
    job = copying(template, cloud)

    run_jobs()

    job.refresh_from_db()
    assert (job.state, "missing or not whole" in job.error) == ("failed", True)


def test_what_a_worker_that_was_only_slow_leaves_behind_is_found(
    template: Template, cloud: Cloud, run_jobs: RunJobs
) -> None:
    """It had lost its lease and made the file anew after the undo had removed it."""
    backend, spec = backend_of(cloud.pool), TemplateSpec(template.uuid, "raw", len(IMAGE))
    cloud.world.inject("write_import", FaultKind.FATAL, times=1)
    over = copying(template, cloud)
    run_jobs()
    backend.begin_import(spec, over.uuid.hex)
    stranger = TemplateSpec(uuid4(), "raw", MIB)
    backend.begin_import(stranger, "abc")
    working = start(SYSTEM, COPY_TEMPLATE, TemplateCopy.objects.get())
    backend.begin_import(spec, working.uuid.hex)

    run_once(start(SYSTEM, RECONCILE), hurry=True)

    left = {template.uuid: [working.uuid.hex], stranger.uuid: ["abc"]}
    assert cloud.world.imports(cloud.pool.uuid) == left, "one is at work, one is not ours"
    with pytest.raises(NotFound):
        backend.write_import(spec, over.uuid.hex, 0, b"late")
    run_jobs()
    assert_copied_beside(stranger, working, template, cloud)


def assert_copied_beside(stranger: TemplateSpec, job: Job, template: Template, cloud: Cloud) -> None:
    backend_of(cloud.pool).delete_template(stranger.uuid)
    assert_whole(job, template, cloud)


def test_a_deployment_shows_how_far_its_template_is(
    tenant: Actor, template: Template, cloud: Cloud, one_piece_a_turn: None
) -> None:
    deployment = factories.deployment(tenant, cloud, template=template)
    run_once(deployment)
    run_once(Job.objects.get(parent=deployment))
    run_once(deployment, hurry=True)

    deployment.refresh_from_db()
    assert deployment.message == "Copying the template to primary storage: 1 of 8 MiB"

"""A copy of a template in a real pool, whose worker dies again and again."""

from __future__ import annotations

import pytest

from cloudportal.jobs.models import Job
from cloudportal.jobs.services import start
from compute.workflows import RECONCILE
from storage.engines import backend_of, template_file, template_spec
from storage.models import StoragePool, TemplateCopy
from storage.workflows import COPY_TEMPLATE
from storage.workflows import copy_template as workflow
from tenants.actor import SYSTEM
from tests.conftest import RunJobs
from tests.crashes import dying_at
from tests.factories import MIB
from tests.lab.conftest import RealCloud

pytestmark = [pytest.mark.lab, pytest.mark.slow]


def test_a_real_copy_is_whole_although_its_worker_dies_after_pieces_and_turns_are_short(
    real_cloud: RealCloud, run_jobs: RunJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workflow, "SMALLEST_PIECE", MIB)
    monkeypatch.setattr(workflow, "LARGEST_PIECE", MIB)
    monkeypatch.setattr(workflow, "TURN_SECONDS", 0.05)
    monkeypatch.setattr(workflow, "RECORD_SECONDS", -1)
    copy = TemplateCopy.objects.create(template=real_cloud.template, pool=StoragePool.objects.get())
    with dying_at("storage.copy_template/copy_image/piece", times=3) as deaths:
        job = start(SYSTEM, COPY_TEMPLATE, copy)
        run_jobs()

    job.refresh_from_db()
    assert (job.state, job.error, len(deaths)) == ("succeeded", "", 3)
    files = list((real_cloud.lab.shared / str(real_cloud.zone.uuid)).glob("template-*"))
    assert sorted(file.suffix for file in files) == [".qcow2", ".ready"]
    data = next(file for file in files if file.suffix == ".qcow2")
    assert data.read_bytes() == template_file(real_cloud.template).read_bytes()


def test_what_a_late_worker_leaves_in_a_real_pool_is_found(real_cloud: RealCloud, run_jobs: RunJobs) -> None:
    pool = StoragePool.objects.get()
    backend, spec = backend_of(pool), template_spec(real_cloud.template)
    backend.begin_import(spec, "0123abcd")
    backend.write_import(spec, "0123abcd", MIB, b"late")

    start(SYSTEM, RECONCILE)
    run_jobs()

    assert Job.objects.get(kind=RECONCILE.kind).state == "succeeded"
    assert list((real_cloud.lab.shared / str(real_cloud.zone.uuid)).glob("template-*")) == []

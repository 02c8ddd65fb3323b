"""What templates count for: their number at once, their files when the length is known."""

from __future__ import annotations

from typing import Any

import pytest

from cloudportal.jobs import failpoints
from cloudportal.jobs.models import Job
from storage.engines import incoming_file, template_file
from storage.services.templates import delete_template, register_template
from storage.workflows import DELETE_TEMPLATE, REGISTER_TEMPLATE
from tenants.actor import SYSTEM, Actor
from tenants.limits.recount import drifts
from tenants.models import Account, Limit
from tenants.services.limits import set_account_limits
from tests.conftest import RunJobs
from tests.crashes import crash_points, dying_at, undo_points
from tests.factories import Cloud
from tests.storage.mirror import SUM, Mirror


def register(tenant: Actor, cloud: Cloud, mirror: Mirror, **more: Any) -> Job:
    owner, url = Account.objects.get(pk=tenant.account_id), f"{mirror.url}/image.raw"
    return register_template(tenant, account=owner, zone=cloud.zone, url=url, name="fetched", format="raw", **more)


def test_an_image_for_which_no_room_is_left_is_not_fetched(
    tenant: Actor, cloud: Cloud, mirror: Mirror, run_jobs: RunJobs
) -> None:
    owner = Account.objects.get(pk=tenant.account_id)
    set_account_limits(SYSTEM, account=owner, limits={"secondary_gib": 0})

    job = register(tenant, cloud, mirror)
    run_jobs()

    job.refresh_from_db()
    assert (job.resource.state, job.resource.is_counted) == ("Error", False)
    assert "too large for the account: 0 GiB of secondary storage are left" in job.error
    assert not incoming_file(job.resource.store, job.resource).exists()
    assert drifts() == []


def test_what_was_left_may_be_gone_when_the_image_is_here(
    tenant: Actor, cloud: Cloud, mirror: Mirror, run_jobs: RunJobs
) -> None:
    owner = Account.objects.get(pk=tenant.account_id)

    def taken_meanwhile(point: str) -> None:
        if point == f"{REGISTER_TEMPLATE.kind}/check/before":
            set_account_limits(SYSTEM, account=owner, limits={"secondary_gib": 0})

    failpoints.handle_with(taken_meanwhile)
    job = register(tenant, cloud, mirror)
    run_jobs()

    job.refresh_from_db()
    assert (job.error_code, job.resource.state) == ("limit-exceeded", "Error")
    assert not template_file(job.resource).exists()
    assert drifts() == []


@pytest.mark.parametrize("point", [*crash_points(REGISTER_TEMPLATE, DELETE_TEMPLATE), *undo_points(REGISTER_TEMPLATE)])
def test_a_crash_anywhere_counts_a_template_once(
    tenant: Actor, cloud: Cloud, mirror: Mirror, run_jobs: RunJobs, point: str
) -> None:
    checksum = f"sha256:{'0' * 64}" if point in undo_points(REGISTER_TEMPLATE) else SUM
    with dying_at(point) as deaths:
        template = register(tenant, cloud, mirror, checksum=checksum).resource
        run_jobs()
        assert drifts() == []
        delete_template(tenant, template=template)
        run_jobs()

    assert deaths == [point]
    assert drifts() == []
    assert not Limit.objects.filter(account=tenant.account_id).exclude(used=0).exists()

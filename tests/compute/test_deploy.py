"""A tenant gets an instance, and gives it back."""

from __future__ import annotations

import pytest

from cloudportal.core.errors import CapacityExhausted, Conflict, InvalidInput, NotFound
from cloudportal.core.models import UsageEvent
from compute.models import Instance
from compute.services import instances as services
from tenants.actor import Actor
from tests import factories
from tests.conftest import RunJobs
from tests.factories import Cloud
from tests.invariants import assert_everything_agrees, assert_nothing_left_over


def test_a_tenant_gets_a_running_instance(tenant: Actor, cloud: Cloud, run_jobs: RunJobs) -> None:
    job = factories.deployment(tenant, cloud, name="web-1")

    run_jobs()

    instance = Instance.objects.get(uuid=job.resource_uuid)
    assert instance.state == "Running"
    machine = cloud.world.instances()[instance.uuid]
    assert machine.host == instance.host.name
    assert [step.state for step in job.steps.all()] == ["done"] * 6
    assert_everything_agrees(cloud)

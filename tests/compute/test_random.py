"""Whatever is asked in whatever order, whatever fails and whoever dies: in the end all agree."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloudportal.core.errors import Refusal
from cloudportal.core.models import UsageEvent
from cloudportal.jobs import services as jobs
from cloudportal.jobs.models import Job
from compute import workflows
from compute.models import Instance
from compute.services import instances as services
from compute.workflows import RECONCILE
from tenants.actor import SYSTEM, Actor
from tests import factories
from tests.conftest import RunJobs
from tests.crashes import crash_points, dying_at, undo_points
from tests.factories import Cloud
from tests.invariants import assert_everything_agrees, assert_nothing_left_over

WORKFLOWS = {
    "deploy": workflows.DEPLOY_INSTANCE,
    "start": workflows.START_INSTANCE,
    "stop": workflows.STOP_INSTANCE,
    "reboot": workflows.REBOOT_INSTANCE,
    "destroy": workflows.DESTROY_INSTANCE,
    "recover": None,
    "expunge": workflows.EXPUNGE_INSTANCE,
}
CALLS = [
    "create_volume", "delete_volume", "put_seed", "delete_seed", "create_port", "delete_port", "define_instance",
    "start_instance", "stop_instance", "shut_down_instance", "remove_instance", "power_state",
]  # fmt: skip


@dataclass(frozen=True)
class Step:
    """One thing that is asked of one of three instances, and what goes wrong with it."""

    operation: str
    which: int
    fault: tuple[str, str, int] | None
    death: str | None


@st.composite
def steps(draw: st.DrawFn) -> Step:
    operation = draw(st.sampled_from(sorted(WORKFLOWS)))
    workflow = WORKFLOWS[operation]
    points = [*crash_points(workflow), *undo_points(workflow)] if workflow else []
    kinds = st.sampled_from(["retryable", "fatal", "lost-answer"])
    return Step(
        operation,
        draw(st.integers(0, 2)),
        draw(st.none() | st.tuples(st.sampled_from(CALLS), kinds, st.integers(1, 6))),
        draw(st.none() | st.sampled_from(points)) if points else None,
    )


@given(story=st.lists(steps(), min_size=3, max_size=8))
@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_story_ends_well(tenant: Actor, cloud: Cloud, run_jobs: RunJobs, story: list[Step]) -> None:
    for step in story:
        if step.fault is not None:
            operation, kind, times = step.fault
            cloud.world.inject(operation, kind, times=times)
        with dying_at(step.death or ""):
            _ask(tenant, cloud, step)
            run_jobs()
        cloud.world.heal()
        _settle(tenant, run_jobs)
        assert_everything_agrees(cloud)
        _assert_usage_agrees()
    _clear(tenant, run_jobs)
    assert_nothing_left_over(cloud)


def _ask(tenant: Actor, cloud: Cloud, step: Step) -> None:
    """Refusals are part of the story."""
    live = list(Instance.objects.filter(removed_at=None).order_by("id"))
    with contextlib.suppress(Refusal):
        if step.operation == "deploy":
            if len(live) < 3:
                factories.deployment(tenant, cloud)
        elif live:
            operation = getattr(services, f"{step.operation}_instance")
            operation(tenant, instance=live[step.which % len(live)])


def _settle(tenant: Actor, run_jobs: RunJobs) -> None:
    """What a failed removal left half done is done again, as its owner would; the reconciler does the rest."""
    for instance in Instance.objects.filter(state="Stopping"):
        services.destroy_instance(tenant, instance=instance)
    for instance in Instance.objects.filter(state="Expunging"):
        services.expunge_instance(tenant, instance=instance)
    run_jobs()
    jobs.start(SYSTEM, RECONCILE)
    run_jobs()
    assert not Job.objects.filter(error_code="internal").exists()


def _clear(tenant: Actor, run_jobs: RunJobs) -> None:
    for instance in Instance.objects.filter(state="Running"):
        services.destroy_instance(tenant, instance=instance)
    run_jobs()
    for instance in Instance.objects.filter(removed_at=None):
        services.expunge_instance(tenant, instance=instance)
    run_jobs()


def _assert_usage_agrees() -> None:
    """The last that was said of each instance is what it is."""
    for instance in Instance.objects.all():
        last = UsageEvent.objects.filter(resource_uuid=instance.uuid).order_by("id").last()
        metered = set(last.meters) if last is not None else set()
        running, exists = instance.state == "Running", instance.state not in {"Expunged", "Error"}
        assert ("instance_running" in metered, "instance_allocated" in metered) == (running, exists)

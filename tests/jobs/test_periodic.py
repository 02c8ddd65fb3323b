"""Work that comes round: once a period, and never in a heap."""

from __future__ import annotations

from datetime import timedelta

from cloudportal.core import clock
from cloudportal.jobs.models import Job
from cloudportal.jobs.periodic import start_due
from tests.conftest import RunJobs


def test_a_period_is_started_once(db: None, run_jobs: RunJobs) -> None:
    now = clock.now()
    started = start_due(now)
    run_jobs()

    assert started > 0
    assert start_due(now) == 0


def test_rounds_do_not_pile_up_behind_busy_workers(db: None) -> None:
    now = clock.now()
    start_due(now)
    start_due(now + timedelta(days=1))

    kinds = list(Job.objects.values_list("kind", flat=True))
    assert len(kinds) == len(set(kinds))


def test_a_finished_round_makes_way_for_the_next(db: None, run_jobs: RunJobs) -> None:
    now = clock.now()
    first = start_due(now)
    run_jobs()

    assert start_due(now + timedelta(days=1)) == first

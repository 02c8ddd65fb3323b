"""Usage is exact: what the events say, counted second by second by a model that is too simple to be wrong."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from uuid import UUID, uuid4

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounting import folding, selectors
from accounting.folding import fold_waiting
from accounting.models import UsageHour, UsageInterval, UsageRecord
from accounting.records import close_hour, close_hours
from cloudportal.core.errors import InvalidInput, NotFound
from cloudportal.core.models import UsageEvent
from cloudportal.infrastructure.models import Zone
from cloudportal.infrastructure.services.zones import create_zone
from tenants.actor import SYSTEM, Actor
from tenants.models import Account

MIDNIGHT = dt.datetime(2026, 1, 31, 22, tzinfo=dt.UTC)
LAST = MIDNIGHT + timedelta(hours=6)
HOUR = timedelta(hours=1)


@pytest.fixture
def zone(db: None) -> Zone:
    return _zone()


@dataclass(frozen=True)
class Change:
    """What one resource holds from a second on: meter to (quantity, price)."""

    resource: int
    second: int
    meters: dict[str, tuple[int, Decimal]]


prices = st.decimals(min_value=0, max_value=3, places=8)
meters = st.dictionaries(st.sampled_from(["running", "allocated"]), st.tuples(st.integers(1, 3), prices))
changes = st.lists(st.builds(Change, st.integers(0, 2), st.integers(0, 6 * 3600), meters), max_size=12).map(
    lambda found: sorted(found, key=lambda change: change.second)
)


@given(
    history=changes,
    cuts=st.lists(st.integers(0, 12), max_size=3),
    window=st.tuples(st.integers(0, 21_600), st.integers(1, 9000)),
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_happened_usage_is_what_was_held(
    tenant: Actor, zone: Zone, history: list[Change], cuts: list[int], window: tuple[int, int]
) -> None:
    """However the events come in batches: no gap, no overlap, and every sum to the last digit."""
    _forget()
    names = [uuid4() for _ in range(3)]
    for number, change in enumerate(history):
        _emit(tenant, zone, names[change.resource], MIDNIGHT + timedelta(seconds=change.second), change.meters)
        if number in cuts:
            fold_waiting()
    fold_waiting()

    assert fold_waiting() == 0
    _assert_chained()
    close_hours(LAST + HOUR)
    _assert_sums(tenant, history, names, MIDNIGHT, LAST)
    start = MIDNIGHT + timedelta(seconds=window[0])
    _assert_sums(tenant, history, names, start, min(start + timedelta(seconds=window[1]), LAST), recorded=False)


def test_folding_and_cutting_at_once_is_doing_it_once(transactional_db: None, tenant: Actor) -> None:
    place = _zone()
    name = uuid4()
    for second in range(0, 7200, 60):
        _emit(tenant, place, name, MIDNIGHT + timedelta(seconds=second), {"running": (1 + second % 120, Decimal(1))})

    folded = _in_threads(fold_waiting)
    _assert_chained()
    _in_threads(lambda: close_hours(MIDNIGHT + 4 * HOUR))

    assert sorted(folded) == [0, 0, 0, 120]
    assert UsageHour.objects.count() == UsageRecord.objects.count() == 3
    assert {record.seconds for record in UsageRecord.objects.all()} == {Decimal(3600)}


def test_a_fold_that_dies_changes_nothing(tenant: Actor, zone: Zone, monkeypatch: pytest.MonkeyPatch) -> None:
    _emit(tenant, zone, uuid4(), MIDNIGHT, {"running": (1, Decimal(1))})

    class Killed(BaseException):
        pass

    write = folding._write

    def write_and_die(changes: folding.Changes) -> None:
        write(changes)
        raise Killed

    monkeypatch.setattr(folding, "_write", write_and_die)
    with pytest.raises(Killed):
        fold_waiting()
    assert UsageInterval.objects.count() == 0

    monkeypatch.undo()
    assert fold_waiting() == 1
    assert UsageInterval.objects.count() == 1


def test_an_hour_is_cut_once_whatever_comes_later(tenant: Actor, zone: Zone) -> None:
    _emit(tenant, zone, uuid4(), MIDNIGHT, {"running": (1, Decimal(1))})
    fold_waiting()
    close_hour(MIDNIGHT)
    _emit(tenant, zone, uuid4(), MIDNIGHT, {"running": (1, Decimal(1))})
    fold_waiting()

    close_hour(MIDNIGHT)

    assert UsageRecord.objects.count() == 1


def test_an_hour_is_not_cut_before_its_events_are_folded(tenant: Actor, zone: Zone) -> None:
    _emit(tenant, zone, uuid4(), MIDNIGHT, {"running": (1, Decimal(1))})
    fold_waiting()
    _emit(tenant, zone, uuid4(), MIDNIGHT + timedelta(minutes=90), {"running": (1, Decimal(1))})

    assert close_hours(MIDNIGHT + 5 * HOUR) == 1
    fold_waiting()
    assert close_hours(MIDNIGHT + 5 * HOUR) == 3


def test_an_hour_settles_before_it_is_cut(tenant: Actor, zone: Zone) -> None:
    _emit(tenant, zone, uuid4(), MIDNIGHT, {"running": (1, Decimal(1))})
    fold_waiting()
    assert close_hours(MIDNIGHT + HOUR + timedelta(minutes=4)) == 0
    assert close_hours(MIDNIGHT + HOUR + timedelta(minutes=5)) == 1


def test_each_day_has_its_cost_over_the_end_of_a_month(tenant: Actor, zone: Zone) -> None:
    name = uuid4()
    _emit(tenant, zone, name, MIDNIGHT, {"running": (2, Decimal("0.01"))})
    _emit(tenant, zone, name, MIDNIGHT + timedelta(hours=26, minutes=30), {})
    fold_waiting()

    days = selectors.cost_by_day(tenant, MIDNIGHT - timedelta(days=1), MIDNIGHT + timedelta(days=3))

    assert days == [
        (dt.date(2026, 1, 30), Decimal(0)),
        (dt.date(2026, 1, 31), Decimal("0.04")),
        (dt.date(2026, 2, 1), Decimal("0.48")),
        (dt.date(2026, 2, 2), Decimal("0.01")),
        (dt.date(2026, 2, 3), Decimal(0)),
    ]


def test_a_tenant_sees_its_own_and_an_operator_all(
    tenant: Actor, other_tenant: Actor, operator: Actor, zone: Zone
) -> None:
    for actor, price in ((tenant, "1"), (other_tenant, "2")):
        _emit(actor, zone, uuid4(), MIDNIGHT, {"running": (1, Decimal(price))})
    fold_waiting()
    end = MIDNIGHT + HOUR
    theirs = Account.objects.get(pk=other_tenant.account_id)

    assert [row.cost for row in selectors.usage(tenant, MIDNIGHT, end)] == [Decimal(1)]
    assert [row.cost for row in selectors.records(tenant, MIDNIGHT, end)] == [Decimal(1)]
    assert [row.cost for row in selectors.usage(operator, MIDNIGHT, end)] == [Decimal(2), Decimal(1)]
    assert [row.cost for row in selectors.usage(operator, MIDNIGHT, end, theirs)] == [Decimal(2)]
    for read in (selectors.usage, selectors.records, selectors.cost_by_day):
        with pytest.raises(NotFound):
            read(tenant, MIDNIGHT, end, theirs)
    assert selectors.usage(Actor("nobody"), MIDNIGHT, end) == []


def test_a_period_is_checked_before_the_first_row(tenant: Actor, zone: Zone) -> None:
    for start, end in ((MIDNIGHT, MIDNIGHT), (LAST, MIDNIGHT), (MIDNIGHT, MIDNIGHT + timedelta(days=367))):
        for read in (selectors.usage, selectors.records, selectors.cost_by_day):
            with pytest.raises(InvalidInput) as refusal:
                read(tenant, start, end)
            assert list(refusal.value.errors) == ["end"]


def test_the_future_has_not_been_used_yet(tenant: Actor, zone: Zone) -> None:
    _emit(tenant, zone, uuid4(), MIDNIGHT, {"running": (1, Decimal(1))})
    fold_waiting()
    later = dt.datetime.now(dt.UTC) + timedelta(days=2)
    assert selectors.usage(tenant, later, later + HOUR) == []
    assert list(selectors.records(tenant, later, later + HOUR)) == []


def test_an_export_is_read_piece_by_piece(tenant: Actor, zone: Zone, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cursor of the server hands out rows: asking for the first must not fetch them all."""
    _emit(tenant, zone, uuid4(), MIDNIGHT - timedelta(days=300), {"running": (1, Decimal(1))})
    fold_waiting()
    monkeypatch.setattr(selectors, "CHUNK", 10)

    rows = selectors.records(tenant, MIDNIGHT - timedelta(days=300), MIDNIGHT)
    first = next(rows)

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_cursors WHERE NOT is_holdable OR name LIKE '_django%%'")
        assert cursor.fetchone() == (1,)
    assert isinstance(rows, Iterator)
    assert first.hour == MIDNIGHT - timedelta(days=300)
    assert sum(1 for _ in rows) == 300 * 24 - 1


def _zone() -> Zone:
    return create_zone(
        SYSTEM, name="zone", network_url="simulator:///x", public_cidr="203.0.113.0/24", public_gateway="203.0.113.1",
        dns_servers=["9.9.9.9"],
    )  # fmt: skip


def _emit(
    actor: Actor, zone: Zone, resource: UUID, at: dt.datetime, held: dict[str, tuple[int, Decimal]]
) -> UsageEvent:
    return UsageEvent.objects.create(
        at=at, account_id=actor.account_id, zone_id=zone.pk, resource_type="compute.instance", resource_uuid=resource,
        resource_name="vm",
        meters={
            name: {"quantity": str(quantity), "unit": "instances", "price_per_hour": str(price)}
            for name, (quantity, price) in held.items()
        },
    )  # fmt: skip


def _forget() -> None:
    for model in (UsageEvent, UsageInterval, UsageRecord, UsageHour):
        model.objects.all().delete()


def _assert_chained() -> None:
    """The intervals of a meter follow each other, and the last alone is open."""
    chains = defaultdict(list)
    for row in UsageInterval.objects.order_by("start"):
        chains[row.resource_uuid, row.meter].append(row)
    for chain in chains.values():
        for before, after in pairwise(chain):
            assert before.start < before.end <= after.start


def _assert_sums(
    actor: Actor, history: list[Change], names: list[UUID], start: dt.datetime, end: dt.datetime, recorded: bool = True
) -> None:
    if end <= start:
        return
    wanted = _model(history, names, (start - MIDNIGHT).total_seconds(), (end - MIDNIGHT).total_seconds())
    summed = {(r.resource_uuid, r.meter): (r.unit_hours, r.cost) for r in selectors.usage(actor, start, end)}
    hourly: dict[tuple[UUID, str], tuple[Decimal, Decimal]] = defaultdict(lambda: (Decimal(0), Decimal(0)))
    for row in selectors.records(actor, start, end):
        units, cost = hourly[row.resource_uuid, row.meter]
        hourly[row.resource_uuid, row.meter] = (units + row.unit_hours, cost + row.cost)
    by_day = sum(cost for _, cost in selectors.cost_by_day(actor, start, end))
    for found in (summed, hourly):
        assert found.keys() == wanted.keys()
        for key, (units, cost) in wanted.items():
            _close_to(found[key][0], units)
            _close_to(found[key][1], cost)
    whole = sum((cost for _, cost in wanted.values()), Fraction(0))
    _close_to(by_day, whole)
    if recorded:
        _close_to(sum(record.cost for record in UsageRecord.objects.filter(hour__lt=end)), whole)


def _model(
    history: list[Change], names: list[UUID], start: float, end: float
) -> dict[tuple[UUID, str], tuple[Fraction, Fraction]]:
    """For each change, how long it holds until the next one of its resource: (unit hours, cost)."""
    sums: dict[tuple[UUID, str], tuple[Fraction, Fraction]] = {}
    for number, change in enumerate(history):
        later = [other.second for other in history[number + 1 :] if other.resource == change.resource]
        seconds = min(later[0] if later else end, end) - max(change.second, start)
        if seconds <= 0:
            continue
        for meter, (quantity, price) in change.meters.items():
            key = (names[change.resource], meter)
            units, cost = sums.get(key, (Fraction(0), Fraction(0)))
            hours = Fraction(int(seconds)) * quantity / 3600
            sums[key] = (units + hours, cost + hours * Fraction(price))
    return sums


def _close_to(found: Decimal | int, wanted: Fraction) -> None:
    """PostgreSQL divides to some sixteen digits; nothing beyond that is forgiven."""
    assert abs(Fraction(found) - wanted) < Fraction(1, 10**9)


def _in_threads(work: Callable[[], int]) -> list[int]:
    def one(_number: int) -> int:
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        return list(threads.map(one, range(4)))

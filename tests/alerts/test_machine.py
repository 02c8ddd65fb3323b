"""Alerts open once, count, grow worse, are acknowledged and resolve: against a model that fits on a page."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloudportal.core import alerts
from cloudportal.core.alerts import Condition, Kind, Subject, raise_alert, resolve, run_check
from cloudportal.core.errors import Conflict
from cloudportal.core.models import Alert, Event
from cloudportal.infrastructure.services.alerts import acknowledge_alert
from tenants.actor import SYSTEM, Actor
from tests.threads import at_once

LASTING = Kind("test-condition", "Test condition", "For tests.")
PASSING = Kind("test-happening", "Test happening", "For tests.", lasts=False)
RANK = {"warning": 0, "error": 1}
THINGS = ("a", "b")

FOUND: list[Condition] = []


@pytest.fixture(autouse=True)
def _kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Known while these tests run: other tests ask for all kinds that there are."""
    FOUND.clear()
    for kind in (LASTING, PASSING):
        monkeypatch.setitem(alerts.KINDS, kind.name, kind)
    monkeypatch.setitem(alerts.CHECKS, LASTING.name, lambda: list(FOUND))


def unresolved(about: str, kind: Kind = LASTING) -> Alert | None:
    return Alert.objects.filter(kind=kind.name, about=about).exclude(state="Resolved").first()


@dataclass
class Model:
    """What should be true, written as one would say it."""

    level: dict[str, str] = field(default_factory=dict)
    acknowledged: set[str] = field(default_factory=set)
    times: dict[str, int] = field(default_factory=dict)
    opened: int = 0

    def see(self, thing: str, level: str, *, again: int) -> None:
        if thing not in self.level:
            self.level[thing], self.times[thing] = level, 1
            self.opened += 1
            return
        self.times[thing] += again
        if RANK[level] > RANK[self.level[thing]]:
            self.level[thing] = level
            self.acknowledged.discard(thing)

    def end(self, thing: str) -> None:
        self.level.pop(thing, None)
        self.acknowledged.discard(thing)


STEPS = st.lists(
    st.one_of(
        # What stands first is what examples tend to, and only from a warning can it grow worse.
        st.tuples(st.just("raise"), st.sampled_from(THINGS), st.sampled_from(list(RANK))),
        st.tuples(st.just("resolve"), st.sampled_from(THINGS), st.none()),
        st.tuples(st.just("acknowledge"), st.sampled_from(THINGS), st.none()),
        st.tuples(
            st.just("check"),
            st.none(),
            st.dictionaries(st.sampled_from(THINGS), st.sampled_from(["warning", "error", "between"])),
        ),
    ),
    min_size=4,
    max_size=20,
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(steps=STEPS)
def test_whatever_happens_the_rows_are_as_the_model_says(db: None, steps: list[tuple[str, str, object]]) -> None:
    sid = transaction.savepoint()
    model = Model()
    for name, thing, what in steps:
        _do(model, name, thing, what)
        rows = {row.about: row for row in Alert.objects.filter(kind=LASTING.name).exclude(state="Resolved")}
        assert {about: row.level for about, row in rows.items()} == model.level
        assert {about for about, row in rows.items() if row.state == "Acknowledged"} == model.acknowledged
        assert {about: row.occurrences for about, row in rows.items()} == {a: model.times[a] for a in model.level}
    assert Alert.objects.filter(kind=LASTING.name).count() == model.opened
    transaction.savepoint_rollback(sid)


def _do(model: Model, name: str, thing: str, what: object) -> None:
    if name == "raise":
        raise_alert(LASTING, Subject(thing), "Wrong.", level=str(what))
        model.see(thing, str(what), again=1)
    elif name == "resolve":
        resolve(LASTING, [thing])
        model.end(thing)
    elif name == "acknowledge":
        alert = unresolved(thing)
        if alert is None:
            return
        if thing in model.acknowledged:
            with pytest.raises(Conflict):
                acknowledge_alert(SYSTEM, alert=alert)
        else:
            acknowledge_alert(SYSTEM, alert=alert)
            model.acknowledged.add(thing)
    else:
        found: dict[str, str] = dict(what)  # type: ignore[call-overload]
        FOUND[:] = [
            Condition(Subject(each), "Wrong.", "warning" if level == "between" else level, opens=level != "between")
            for each, level in found.items()
        ]
        run_check(LASTING.name)
        for each in THINGS:
            if each not in found:
                model.end(each)
            elif found[each] != "between":
                model.see(each, found[each], again=0)


def test_the_database_knows_one_unresolved_alert_of_a_thing(db: None) -> None:
    raise_alert(LASTING, Subject("a"), "Wrong.")
    with pytest.raises(IntegrityError, match="alert_once_until_resolved"), transaction.atomic():
        Alert.objects.create(kind=LASTING.name, about="a", message="Again.")
    with pytest.raises(IntegrityError, match="alert_resolved_has_time"), transaction.atomic():
        Alert.objects.filter(about="a").update(state="Resolved")


def test_each_move_is_an_event_and_a_repetition_is_none(operator: Actor) -> None:
    for _ in range(5):
        raise_alert(LASTING, Subject("a"), "Wrong.", level="warning")
    raise_alert(LASTING, Subject("a"), "Worse.", level="error")
    alert = unresolved("a")
    assert alert is not None
    acknowledge_alert(operator, alert=alert, note="Looking at it.")
    resolve(LASTING, ["a"])
    resolve(LASTING, ["a", "never"])

    told = Event.objects.filter(resource_uuid=alert.uuid).order_by("pk")
    assert [event.action for event in told] == ["alerts.open", "alerts.open", "alerts.acknowledge", "alerts.resolve"]
    assert told[2].actor_name == operator.name
    assert told[2].after == {"state": "Acknowledged", "note": "Looking at it."}
    alert.refresh_from_db()
    assert (alert.occurrences, alert.note, alert.acknowledged_by) == (6, "Looking at it.", operator.name)


def test_what_was_acknowledged_opens_again_when_it_grows_worse(operator: Actor) -> None:
    raise_alert(LASTING, Subject("a"), "Wrong.", level="warning")
    alert = unresolved("a")
    assert alert is not None
    acknowledge_alert(operator, alert=alert)
    raise_alert(LASTING, Subject("a"), "Still wrong.", level="warning")
    alert.refresh_from_db()
    assert alert.state == "Acknowledged"

    raise_alert(LASTING, Subject("a"), "Worse.", level="error")

    alert.refresh_from_db()
    assert (alert.state, alert.level) == ("Open", "error")


def test_what_only_happened_ends_when_somebody_saw_to_it(operator: Actor) -> None:
    raise_alert(PASSING, Subject("a"), "It broke.")
    alert = unresolved("a", PASSING)
    assert alert is not None

    acknowledge_alert(operator, alert=alert)

    assert (alert.state, alert.acknowledged_by) == ("Resolved", operator.name)
    assert alert.resolved_at is not None
    raise_alert(PASSING, Subject("a"), "It broke again.")
    assert Alert.objects.filter(kind=PASSING.name).count() == 2


@pytest.mark.django_db(transaction=True)
def test_of_many_that_raise_one_opens_and_all_count() -> None:
    def work(number: int) -> str:
        raise_alert(PASSING if number % 2 else LASTING, Subject("same"), f"Wrong {number}.")
        return "raised"

    at_once(work, 40)

    assert [row.occurrences for row in Alert.objects.order_by("kind")] == [20, 20]
    assert Event.objects.filter(action="alerts.open").count() == 2


@pytest.mark.django_db(transaction=True)
def test_of_two_that_acknowledge_one_is_told_that_it_came_too_late() -> None:
    raise_alert(LASTING, Subject("same"), "Wrong.")
    uuid = Alert.objects.get().uuid

    def work(number: int) -> str:
        try:
            acknowledge_alert(SYSTEM, alert=Alert.objects.get(uuid=uuid), note=f"by {number}")
        except Conflict:
            return "late"
        return "first"

    assert at_once(work, 8) == {"first": 1, "late": 7}
    assert Event.objects.filter(action="alerts.acknowledge").count() == 1


@pytest.mark.django_db(transaction=True)
def test_checks_and_whoever_raises_and_resolves_do_not_get_into_each_others_way() -> None:
    """Whatever the order, an alert is there in the end exactly if the condition holds."""
    FOUND[:] = [Condition(Subject(f"thing-{number}"), "Wrong.") for number in range(30)]

    def work(number: int) -> str:
        if number % 3 == 0:
            run_check(LASTING.name)
        elif number % 3 == 1:
            raise_alert(LASTING, Subject(f"thing-{number}"), "Wrong.")
        else:
            resolve(LASTING, [f"thing-{29 - number}", f"thing-{number}"])
        return "done"

    at_once(work, 30)
    run_check(LASTING.name)

    rows = Alert.objects.filter(kind=LASTING.name).exclude(state="Resolved")
    assert sorted(rows.values_list("about", flat=True)) == sorted(f"thing-{number}" for number in range(30))


def test_a_check_of_thousands_takes_a_few_statements(
    db: None, django_assert_max_num_queries: pytest.FixtureDef[object]
) -> None:
    FOUND[:] = [Condition(Subject(f"thing-{number}"), "Wrong.") for number in range(2_000)]
    run_check(LASTING.name)

    with django_assert_max_num_queries(8):  # type: ignore[operator]
        run_check(LASTING.name)

    assert Alert.objects.filter(occurrences=1).count() == 2_000
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN SELECT 1 FROM core_alert WHERE state IN ('Acknowledged', 'Open') ORDER BY id DESC")
        assert "alert_unresolved" in str(cursor.fetchall())

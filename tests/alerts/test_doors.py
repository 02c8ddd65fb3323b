"""Alerts and notifications in pages, over REST and as they happen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from cloudportal.api.metrics import figures
from cloudportal.core.alerts import Subject, raise_alert, resolve, subject_of
from cloudportal.core.models import Alert, Event
from cloudportal.infrastructure.alerts import HOST_DISCONNECTED
from cloudportal.jobs.alerts import JOB_FAILED
from cloudportal.live.choice import choice_of
from cloudportal.live.hub import Subscriber
from cloudportal.live.sessions import Listener
from tenants.actor import SYSTEM, Actor, actor_of
from tenants.models import Notification, User
from tenants.notifying import notify
from tenants.notifying.kinds import LIMIT
from tenants.permissions import BUILT_IN, OF_THE_CLOUD
from tenants.services.roles import create_role
from tests import factories
from tests.api.client import Api, messages
from tests.factories import Cloud
from tests.web.conftest import Visit, htmx, words


@pytest.fixture
def alert(cloud: Cloud) -> Alert:
    return factories.alert(cloud.hosts()[0], "Host one is silent.")


@pytest.fixture
def auditor(db: None) -> Actor:
    """Sees alerts, and manages nothing."""
    return actor_of(factories.user("auditor", on=factories.root()))


def test_the_permission_holds_on_the_root_or_not_at_all(db: None) -> None:
    assert {"alerts.view", "alerts.manage"} <= OF_THE_CLOUD
    assert {"alerts.view", "alerts.manage"} <= BUILT_IN["operator"].permissions
    assert "alerts.manage" not in BUILT_IN["auditor"].permissions
    home = factories.account()
    role = create_role(SYSTEM, domain=factories.root(), name="watch", permissions=["alerts.view", "alerts.manage"])

    below = actor_of(factories.user(role, of=home, on=home.domain))  # type: ignore[arg-type]
    above = actor_of(factories.user(role, of=home, on=factories.root()))  # type: ignore[arg-type]

    assert not below.may("alerts.view")
    assert above.may_everywhere("alerts.manage")
    assert not above.is_operator


def test_an_operator_reads_and_acknowledges_over_rest(operator_api: Api, alert: Alert, cloud: Cloud) -> None:
    (row,) = operator_api.get("alerts/", kind="host-disconnected", level="error", state="Open").json()["results"]
    assert (row["id"], row["kind_label"], row["occurrences"]) == (str(alert.uuid), "Host disconnected", 1)
    assert row["zone"] == {"id": str(cloud.zone.uuid), "name": cloud.zone.name}
    assert row["resource"]["url"] == f"/api/v1/hosts/{cloud.hosts()[0].uuid}/"

    tag = operator_api.get(f"alerts/{alert.uuid}/")["ETag"]
    address = f"alerts/{alert.uuid}/acknowledge/"
    assert operator_api.ask("post", address, {"note": "x"}, if_match='"old"').status_code == 412
    done = operator_api.ask("post", address, {"note": " On my way. "}, if_match=tag)
    assert (done.status_code, done.json()["state"], done.json()["note"]) == (200, "Acknowledged", "On my way.")
    assert done.json()["acknowledged_by"] == operator_api.actor.name  # type: ignore[union-attr]
    late = operator_api.post(address)
    assert (late.status_code, late.json()["code"]) == (409, "conflict")


@pytest.mark.parametrize("note", ["x" * 1001, "\x00", 7 * ["x"]])
def test_a_bad_note_is_refused_at_its_field(operator_api: Api, alert: Alert, note: Any) -> None:
    answer = operator_api.post(f"alerts/{alert.uuid}/acknowledge/", {"note": note})

    assert answer.status_code == 400
    assert list(messages(answer)) == ["note"]
    alert.refresh_from_db()
    assert alert.state == "Open"


def test_many_are_acknowledged_at_once_with_a_result_for_each(operator_api: Api, cloud: Cloud) -> None:
    first, second = (factories.alert(host) for host in cloud.hosts())
    resolve(HOST_DISCONNECTED, [second.about])
    body = {"action": "acknowledge", "ids": [str(first.uuid), str(second.uuid)], "note": "Both."}

    answer = operator_api.post("alerts/bulk/", body)

    assert [row["status"] for row in answer.json()["results"]] == [200, 409]
    assert Alert.objects.get(pk=first.pk).note == "Both."


def test_the_filters_find_by_zone_and_thing(operator_api: Api, alert: Alert, cloud: Cloud) -> None:
    host = cloud.hosts()[0]

    def found(**query: Any) -> int:
        return len(operator_api.get("alerts/", **query).json()["results"])

    assert found(zone=cloud.zone.uuid) == found(resource=host.uuid) == found(state="Open") == 1
    assert found(state="Resolved") == found(kind="job-failed") == found(resource=cloud.zone.uuid) == 0
    assert operator_api.get("alerts/", kind="nonsense").status_code == 400
    assert operator_api.get("alerts/", zone=host.uuid).status_code == 400


def test_who_only_looks_may_not_acknowledge(auditor: Actor, alert: Alert, visit: Visit) -> None:
    answer = Api(auditor).post(f"alerts/{alert.uuid}/acknowledge/")
    assert (answer.status_code, answer.json()["code"]) == (403, "permission-denied")
    page = words(visit(auditor).get(f"/alerts/{alert.uuid}/"))
    assert "Host one is silent." in page
    assert "/acknowledge/" not in page
    assert "bulk-form" not in words(visit(auditor).get("/alerts/"))


def test_tenants_know_nothing_of_them(tenant: Actor, alert: Alert, visit: Visit) -> None:
    client = visit(tenant)
    for address in ("/alerts/", "/alerts/badge/", f"/alerts/{alert.uuid}/", f"/alerts/{alert.uuid}/acknowledge/"):
        assert client.get(address).status_code == 404
    assert "/alerts/" not in words(client.get("/"))
    assert Api(tenant).get("alerts/").json()["results"] == []


def test_the_pages_show_count_and_acknowledge(visit: Visit, operator: Actor, alert: Alert) -> None:
    client = visit(operator)

    assert "Host one is silent." in words(client.get("/"))
    badge = words(client.get("/alerts/badge/", headers=htmx("")))
    assert 'class="count count-error">1<' in badge
    assert client.get("/alerts/badge/")["Location"] == "/alerts/"
    listed = words(client.get("/alerts/"))
    assert f'value="{alert.uuid}"' in listed
    assert "<!doctype html>" not in words(client.get("/alerts/", headers=htmx("results")))
    question = words(client.get(f"/alerts/{alert.uuid}/acknowledge/", headers=htmx("dialog-body")))
    assert "Acknowledge this alert?" in question

    answer = client.post(f"/alerts/{alert.uuid}/acknowledge/", {"note": "Looking."}, headers=htmx("dialog-body"))

    assert answer.status_code == 204
    page = words(client.get(f"/alerts/{alert.uuid}/"))
    assert "Acknowledged" in page
    assert "Looking." in page
    assert "count-error" not in words(client.get("/alerts/badge/", headers=htmx("")))
    assert "No alert is open." in words(client.get("/"))
    late = client.post(f"/alerts/{alert.uuid}/acknowledge/", {"note": ""}, headers=htmx("dialog-body"))
    assert late.status_code == 409
    assert "it must be Open" in words(late)


def test_several_are_acknowledged_in_the_pages(visit: Visit, operator: Actor, cloud: Cloud) -> None:
    first, second = (factories.alert(host) for host in cloud.hosts())
    resolve(HOST_DISCONNECTED, [second.about])
    form = {"alert": [str(first.uuid), str(second.uuid), "nonsense"], "note": "Both."}

    done = words(visit(operator).post("/alerts/acknowledge/", form, headers=htmx("dialog-body")))

    assert done.count("<li") == 2
    assert "it must be Open" in done
    assert Alert.objects.get(pk=first.pk).note == "Both."
    assert "Select some alerts first." in words(visit(operator).post("/alerts/acknowledge/"))


def test_lists_cost_the_same_however_long(
    visit: Visit, operator: Actor, cloud: Cloud, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    client = visit(operator)
    user = User.objects.get(pk=operator.user_id)
    for number in range(20):
        raise_alert(JOB_FAILED, Subject(f"kind-{number}", zone_id=cloud.zone.pk), f"{number}")
        notify(users=[user], kind=LIMIT, message=f"{number}.", url="/limits/")
    client.get("/alerts/")

    for address in ("/alerts/", "/notifications/", "/notifications/bell/", "/alerts/badge/"):
        with django_assert_max_num_queries(6, info=address):
            assert client.get(address, headers=htmx("results")).status_code == 200


def test_one_reads_ones_notifications_in_the_pages(visit: Visit, tenant: Actor, other_tenant: Actor) -> None:
    user = User.objects.get(pk=tenant.user_id)
    Notification.objects.filter(user=user).delete()
    client = visit(tenant)
    assert "Nothing to tell yet" in words(client.get("/notifications/"))
    first, second = (factories.notification(user, f"Told {number}.") for number in range(2))

    assert ">2<" in words(client.get("/notifications/bell/", headers=htmx("")))
    page = words(client.get("/notifications/"))
    assert page.count("told-item is-unread") == 2
    opened = client.post(f"/notifications/{first.uuid}/open/")
    assert opened["Location"] == "/profile/"
    stayed = client.post(f"/notifications/{second.uuid}/open/", {"stay": "1"})
    assert stayed["Location"] == "/notifications/"
    assert words(client.get("/notifications/bell/", headers=htmx(""))).strip() == ""
    factories.notification(user, "Told once more.")
    client.post("/notifications/read/")
    assert not Notification.objects.filter(user=user, read_at=None).exists()
    assert visit(other_tenant).post(f"/notifications/{first.uuid}/open/").status_code == 404


def test_one_chooses_how_one_is_told(visit: Visit, tenant: Actor) -> None:
    client = visit(tenant)
    page = words(client.get("/profile/notifications/"))
    assert "Your job failed" in page
    assert "Alert: error" not in page

    client.post("/profile/notifications/", {"page": ["limit", "role"], "mail": ["job-failed", "alert-error"]})

    rows = {row["kind"]: row for row in Api(tenant).get("notification-preferences/").json()["results"]}
    assert (rows["limit"]["page"], rows["limit"]["mail"]) == (True, False)
    assert (rows["job-failed"]["page"], rows["job-failed"]["mail"]) == (False, True)
    assert "alert-error" not in rows
    changed = Event.objects.filter(action="tenants.change_notification_preference").count()
    assert changed == len(rows)


def test_a_script_reads_marks_and_chooses(api: Api, other_api: Api, tenant: Actor) -> None:
    user = User.objects.get(pk=tenant.user_id)
    first = factories.notification(user)
    (row,) = api.get("notifications/", kind="role", state="unread", id=first.uuid).json()["results"]
    assert (row["message"], row["url"], row["read_at"]) == ("sesame-told-this", "/profile/", None)

    read = api.post(f"notifications/{first.uuid}/read/")
    assert read.json()["read_at"] is not None
    assert other_api.post(f"notifications/{first.uuid}/read/").status_code == 404
    factories.notification(user, "More.")
    assert api.post("notifications/read-all/").json()["marked"] >= 1
    assert api.get("notifications/", state="unread").json()["results"] == []

    answer = api.patch("notification-preferences/limit/", {"mail": False})
    assert answer.json()["mail"] is False
    assert api.get("notification-preferences/limit/").json() == answer.json()
    assert api.get("notification-preferences/nonsense/").status_code == 404
    assert api.patch("notification-preferences/limit/", {}).status_code == 400
    assert list(messages(api.patch("notification-preferences/limit/", {"mail": "often"}))) == ["mail"]


def test_an_operator_who_acts_for_somebody_has_no_bell(visit: Visit, operator: Actor, tenant: Actor) -> None:
    factories.notification(User.objects.get(pk=tenant.user_id))
    client: Client = visit(operator)
    client.post(f"/view-as/{User.objects.get(pk=tenant.user_id).uuid}/", {"reason": "Help."})

    page = words(client.get("/notifications/"))

    assert "sesame-told-this" not in page
    assert "bell-count" not in page


def test_streams_tell_of_alerts_and_notifications_whom_they_concern() -> None:
    alert = {"kind": "resource", "type": "core.alert", "resource": "x", "account": None}
    told = {"kind": "notification", "user": 7}
    tenant = Listener(False, frozenset({3}), 7)
    watcher = Listener(True, frozenset(), 8, alerts=True)
    reader = Listener(True, frozenset(), 9)

    heard = {
        who.user: [bool(subscriber.queue.qsize()) for subscriber in (_hears(who, alert), _hears(who, told))]
        for who in (tenant, watcher, reader)
    }

    assert heard == {7: [False, True], 8: [True, False], 9: [False, False]}
    assert choice_of(b"kind=notification").wants(told)
    assert not choice_of(b"kind=job").wants(told)


def _hears(who: Listener, change: dict[str, Any]) -> Subscriber:
    subscriber = Subscriber(who)
    subscriber.offer(change)
    return subscriber


def test_prometheus_counts_alerts_that_are_not_resolved(cloud: Cloud) -> None:
    first, second = (factories.alert(host) for host in cloud.hosts())
    raise_alert(JOB_FAILED, subject_of(cloud.zone), "It broke.", level="warning")
    resolve(HOST_DISCONNECTED, [second.about])

    (gauge,) = figures.alerts()

    found = {tuple(sample.labels.values()): sample.value for sample in gauge.samples}
    assert found == {("host-disconnected", "error", "Open"): 1, ("job-failed", "warning", "Open"): 1}
    assert first.state == "Open"

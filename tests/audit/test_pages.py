"""Events as people look for them: filters, the page of one, and taking them away as a file."""

from __future__ import annotations

import csv
import io
import json
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cloudportal.core.models import Event
from compute.services.hosts import update_host
from tenants.actor import Actor, actor_of
from tenants.models import Account
from tests import factories
from tests.api.client import Api
from tests.factories import Cloud
from tests.web.conftest import Visit, htmx, words


@pytest.fixture
def domain_admin(tenant: Actor) -> Actor:
    """Over the branch of the tenant."""
    return actor_of(factories.user("domain_admin", on=Account.objects.get(pk=tenant.account_id).domain))


def test_events_are_found_by_who_and_from_where(operator_api: Api, operator: Actor, api: Api, tenant: Actor) -> None:
    api.post("api-keys/", {"name": "laptop"})
    event = Event.objects.filter(action="tenants.create_api_key", resource_name="laptop").get()

    def found(**filters: str) -> set[str]:
        return {row["id"] for row in operator_api.get(f"events/?{urlencode(filters)}").json()["results"]}

    narrow = {"action": "tenants.create_api_key", "resource": str(event.resource_uuid)}
    for name, right, wrong in (
        ("actor", tenant.name, operator.name),
        ("outcome", "succeeded", "refused"),
        ("address", "127.0.0.1", "127.0.0.2"),
        ("key", f"cpk_{event.key_id}_…", "cpk_000000000000_"),
        ("level", "info", "error"),
        ("since", "2020-01-01", "2100-01-01"),
        ("until", "2100-01-01T00:00:00Z", "2020-01-01"),
        ("resource_type", "tenants.apikey", "compute.instance"),
        ("account", str(Account.objects.get(pk=tenant.account_id).uuid), str(event.uuid)),
    ):
        assert found(**narrow, **{name: right}) == {str(event.uuid)}, name
        assert found(**narrow, **{name: wrong}) == set(), name


def test_where_events_came_from_is_shown_to_who_may_know(api: Api, tenant: Actor, domain_admin: Actor) -> None:
    api.post("api-keys/", {"name": "laptop"})
    admin = Api(domain_admin)

    (seen,) = admin.get("events/", action="tenants.create_api_key", actor=tenant.name).json()["results"][:1]
    (own,) = api.get("events/", action="tenants.create_api_key").json()["results"][:1]

    assert (seen["address"], bool(seen["key"])) == ("127.0.0.1", True)
    assert not {"address", "key", "session"} & own.keys()
    assert own["after"]["name"] == "laptop"
    assert api.get("events/?address=127.0.0.1").json()["results"] == []


def test_the_page_of_an_event_shows_what_changed(visit: Visit, operator: Actor, cloud: Cloud) -> None:
    host = cloud.hosts()[0]
    update_host(operator, host=host, username="root", password="a-host-password")
    event = Event.objects.filter(action="compute.update_host").latest("id")

    page = words(visit(operator).get(f"/events/{event.uuid}/"))

    assert 'class="diff-after">root<' in page
    assert 'class="diff-before">empty<' in page
    assert 'class="diff-after">***<' in page
    assert "a-host-password" not in page


def test_a_tenant_is_not_shown_addresses_on_pages(visit: Visit, tenant: Actor, api: Api, domain_admin: Actor) -> None:
    api.post("api-keys/", {"name": "laptop"})
    event = Event.objects.filter(action="tenants.create_api_key").latest("id")

    for path in ("/events/", f"/events/{event.uuid}/"):
        assert "127.0.0.1" not in words(visit(tenant).get(path))
        assert "127.0.0.1" in words(visit(domain_admin).get(path))


def test_the_list_costs_the_same_however_long_it_is(visit: Visit, tenant: Actor) -> None:
    client = visit(tenant)
    client.get("/events/")
    with CaptureQueriesContext(connection) as few:
        client.get("/events/", headers=htmx("results"))
    Event.objects.bulk_create(
        Event(action="test.many", message=f"{n}", actor_name="x", account_id=tenant.account_id) for n in range(60)
    )
    with CaptureQueriesContext(connection) as many:
        client.get("/events/", headers=htmx("results"))

    assert len(many) == len(few)
    assert not [query for query in many if "COUNT(" in query["sql"]]


@pytest.mark.parametrize("query", ["since=nonsense", "outcome=flying", "level=loud", "resource=1", "cursor=x"])
def test_a_bad_filter_is_answered_with_words(query: str, visit: Visit, tenant: Actor, api: Api) -> None:
    assert visit(tenant).get(f"/events/?{query}").status_code == 200
    assert api.get(f"events/?{query}").status_code == 400


def test_events_are_taken_away_as_csv_and_json(tenant: Actor, other_tenant: Actor, domain_admin: Actor) -> None:
    Api(other_tenant).post("api-keys/", {"name": "foreign-key"})
    Api(tenant).post("api-keys/", {"name": "=cmd()"})
    admin = Api(domain_admin)

    as_csv = _text(admin.get("events/export/", action="tenants.create_api_key", actor=tenant.name))
    as_json = json.loads(_text(admin.get("events/export/", format="json", actor=tenant.name)))

    rows = list(csv.DictReader(io.StringIO(as_csv)))
    made = next(row for row in rows if row["resource_name"].endswith("=cmd()"))
    assert made["resource_name"] == "'=cmd()"
    assert made["address"] == "127.0.0.1"
    assert json.loads(made["after"])["name"] == "=cmd()"
    assert {row["actor"] for row in as_json} == {tenant.name}
    assert [row["at"] for row in as_json] == sorted(row["at"] for row in as_json)
    assert "foreign-key" not in as_csv
    # That it was done is an event itself.
    told = Event.objects.filter(action="audit.export", actor_id=domain_admin.user_id)
    assert told.count() == 2
    assert told.latest("id").details["filters"] == {"actor": tenant.name}


def test_an_export_is_read_in_pieces(tenant: Actor, domain_admin: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenants.services.events.CHUNK", 7)
    Event.objects.bulk_create(
        Event(action="test.many", message=f"{n}", actor_name="x", account_id=tenant.account_id) for n in range(30)
    )

    rows = json.loads(_text(Api(domain_admin).get("events/export/", format="json", action="test.many")))

    assert [int(row["message"]) for row in rows] == list(range(30))


def test_exporting_takes_a_permission(api: Api, tenant: Actor, visit: Visit, domain_admin: Actor) -> None:
    refused = api.get("events/export/")

    assert (refused.status_code, refused.json()["code"]) == (403, "permission-denied")
    assert "events/export" not in words(visit(tenant).get("/events/"))
    assert "events/export/?format=csv&amp;level=error" in words(visit(domain_admin).get("/events/?level=error"))


def test_an_export_refuses_what_it_does_not_know(domain_admin: Actor) -> None:
    admin = Api(domain_admin)

    assert admin.get("events/export/", format="pdf").json()["errors"][0]["field"] == "format"
    assert admin.get("events/export/", colour="blue").json()["errors"][0]["field"] == "colour"


def _text(answer: Any) -> str:
    assert answer.status_code == 200, answer.content
    return b"".join(answer.streaming_content).decode()

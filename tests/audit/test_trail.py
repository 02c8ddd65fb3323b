"""What a write leaves behind: who, from where, what was before and after, and that nobody can change it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client, RequestFactory

from cloudportal.core import events
from cloudportal.core.errors import PermissionDenied
from cloudportal.core.models import Event
from cloudportal.core.origin import Origin, coming_from, session_mark
from cloudportal.doors.addresses import client_address
from cloudportal.jobs.inline import run_until_over
from cloudportal.jobs.retention import PRUNE_EVENTS
from cloudportal.jobs.services import start
from compute.services.hosts import remove_host, update_host
from compute.services.offerings import create_offering, update_offering
from compute.services.ssh_keys import create_ssh_key, delete_ssh_key
from storage.services.disk_offerings import create_disk_offering
from storage.services.pools import update_pool
from tenants.actor import SYSTEM, Actor
from tenants.models import Account, User
from tenants.services import lockouts
from tenants.services.refusals import record_refusal
from tests import factories
from tests.api.client import Api
from tests.authority.estate import PUBLIC_KEY
from tests.conftest import RunJobs
from tests.factories import PASSWORD, Cloud


def last(action: str) -> Event:
    return Event.objects.filter(action=action).latest("id")


def test_a_change_shows_only_what_differs(db: None, operator: Actor) -> None:
    disk = create_disk_offering(operator, name="fast")
    offering = create_offering(operator, name="small", cpus=1, memory_mib=512, root_disk=disk)

    update_offering(operator, offering=offering, name="tiny", price_per_hour=Decimal("0.5"), is_active=True)

    event = last("compute.update_offering")
    assert event.before == {"name": "small", "price_per_hour": "0"}
    assert event.after == {"name": "tiny", "price_per_hour": "0.5"}


def test_what_is_made_shows_its_fields_and_what_is_removed_too(db: None, tenant: Actor) -> None:
    home = Account.objects.get(pk=tenant.account_id)
    key = create_ssh_key(tenant, account=home, name="laptop", public_key=PUBLIC_KEY)

    made = last("compute.create_ssh_key")
    delete_ssh_key(tenant, ssh_key=key)
    gone = last("compute.delete_ssh_key")

    assert (made.before, made.after["name"], made.after["account"]) == ({}, "laptop", home.name)
    assert (gone.before["name"], gone.after) == ("laptop", {})


def test_secrets_are_masked_and_yet_seen_to_change(operator: Actor, cloud: Cloud) -> None:
    host = cloud.hosts()[0]

    update_host(operator, host=host, username="root", password="first-secret")
    first = last("compute.update_host")
    update_host(operator, host=host, password="second-secret")
    second = last("compute.update_host")

    assert first.before == {"username": "", "password": ""}
    assert first.after == {"username": "root", "password": "***"}
    assert (second.before, second.after) == ({"password": "***"}, {"password": "***"})
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(e::text, '') FROM core_event e")
        assert "-secret" not in cursor.fetchone()[0]


def test_user_data_and_hosts_do_not_reach_a_tenants_trail(tenant: Actor, cloud: Cloud) -> None:
    factories.instance(tenant, cloud, user_data="#!/bin/sh\necho hunter2\n")

    event = last("compute.deploy_instance.requested")

    assert event.outcome == "started"
    assert event.after["user_data"] == "***"
    assert event.after["offering"] == cloud.offering.name
    assert not {"host", "last_host"} & event.after.keys()
    assert last("compute.deploy_instance").outcome == "succeeded"


def test_a_form_that_wrote_into_the_row_does_not_hide_what_was_before(operator: Actor, cloud: Cloud) -> None:
    pool = cloud.pool
    old = pool.name
    pool.name = "renamed"

    update_pool(operator, pool=pool, name="renamed")

    assert last("storage.update_pool").before == {"name": old}


def test_a_removed_host_is_described(operator: Actor, cloud: Cloud) -> None:
    host = cloud.hosts()[1]

    remove_host(operator, host=host)

    assert last("compute.remove_host").before["name"] == host.name


def test_a_request_leaves_its_address_key_and_id(api: Api, tenant: Actor) -> None:
    answer = api.post("api-keys/", {"name": "laptop"})

    event = last("tenants.create_api_key")
    used = User.objects.get(pk=tenant.user_id).api_keys.exclude(name="laptop").get()
    assert (event.address, event.key_id, event.session) == ("127.0.0.1", used.key_id, "")
    assert event.request_id == answer["X-Request-ID"]


def test_a_page_leaves_a_mark_of_its_session_and_not_the_session(visit: Any, tenant: Actor) -> None:
    client = visit(tenant)

    client.post("/api-keys/", {"name": "laptop"})

    event = last("tenants.create_api_key")
    key = client.session.session_key
    assert (event.session, event.key_id) == (session_mark(key), "")
    assert key not in event.session


def test_a_job_carries_where_it_was_asked_for(api: Api, tenant: Actor, cloud: Cloud, run_jobs: RunJobs) -> None:
    instance = factories.instance(tenant, cloud)

    api.post(f"instances/{instance.uuid}/stop/")
    run_jobs()

    asked, done = last("compute.stop_instance.requested"), last("compute.stop_instance")
    assert done.address == "127.0.0.1"
    assert (done.key_id, done.request_id) == (asked.key_id, asked.request_id)
    assert done.job_uuid == asked.job_uuid


def test_what_comes_after_a_request_does_not_come_from_it(api: Api, tenant: Actor) -> None:
    api.post("api-keys/", {"name": "laptop"})

    event = events.record(SYSTEM, "test.later", "Later.")

    assert (event.address, event.key_id, event.request_id) == ("", "", "")


def test_a_failed_job_is_a_failure(operator: Actor, tenant: Actor, cloud: Cloud, run_jobs: RunJobs) -> None:
    job = factories.deployment(tenant, cloud)
    cloud.world.inject("define_instance", "fatal")

    run_jobs()

    event = last("compute.deploy_instance")
    assert (event.job_uuid, event.outcome, event.level) == (job.uuid, "failed", "error")


def test_nobody_alters_an_event(tenant: Actor) -> None:
    event = Event.objects.latest("id")

    for attempt in (
        lambda: Event.objects.filter(pk=event.pk).update(message="nothing happened"),
        lambda: Event.objects.filter(pk=event.pk).delete(),
        lambda: _delete_under_retention(event.pk),
    ):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            attempt()
    assert Event.objects.get(pk=event.pk).message == event.message


def _delete_under_retention(pk: int) -> None:
    """The way of retention does not lead to what is young."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL cloudportal.retention = 'on'")
        cursor.execute("DELETE FROM core_event WHERE id = %s", [pk])


@pytest.mark.parametrize("days", [90, 1])
def test_retention_deletes_what_is_old_and_never_what_is_young(
    days: int, db: None, settings: Any, run_jobs: RunJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.EVENT_RETENTION_DAYS = days
    monkeypatch.setattr("cloudportal.jobs.retention.BATCH", 2)
    kept = max(days, 30)
    now = dt.datetime.now(dt.UTC)
    ages = [kept + 400, kept + 3, kept + 2, kept + 1, kept - 1, 0]
    Event.objects.bulk_create(
        Event(action="test.old", message=str(age), actor_name="x", at=now - dt.timedelta(days=age)) for age in ages
    )

    run_until_over(start(SYSTEM, PRUNE_EVENTS))

    left = Event.objects.filter(action="test.old").values_list("message", flat=True)
    assert set(left) == {str(kept - 1), "0"}


@pytest.mark.parametrize(
    ("remote", "forwarded", "trusted", "found"),
    [
        ("198.51.100.7", "", [], "198.51.100.7"),
        ("198.51.100.7", "203.0.113.9", [], "198.51.100.7"),
        ("10.0.0.2", "203.0.113.9", ["10.0.0.0/8"], "203.0.113.9"),
        ("10.0.0.2", "6.6.6.6, 203.0.113.9", ["10.0.0.0/8"], "203.0.113.9"),
        ("10.0.0.2", "6.6.6.6, 203.0.113.9, 10.0.0.3", ["10.0.0.0/8"], "203.0.113.9"),
        ("10.0.0.2", "203.0.113.9, nonsense", ["10.0.0.0/8"], "10.0.0.2"),
        ("10.0.0.2", "", ["10.0.0.0/8"], "10.0.0.2"),
        ("::ffff:10.0.0.2", "2001:db8::1", ["10.0.0.0/8"], "2001:db8::1"),
        ("", "203.0.113.9", ["unix"], "203.0.113.9"),
        ("", "203.0.113.9", [], ""),
        ("10.0.0.2", ",".join(["10.0.0.9"] * 5000), ["10.0.0.0/8"], "10.0.0.9"),
    ],
)
def test_the_clients_address_is_believed_from_trusted_proxies_alone(
    remote: str, forwarded: str, trusted: list[str], found: str, settings: Any
) -> None:
    settings.TRUSTED_PROXIES = trusted

    request = RequestFactory().get("/", REMOTE_ADDR=remote, headers={"x-forwarded-for": forwarded})

    assert client_address(request) == found


def test_a_refused_attempt_is_kept_and_bounded(db: None) -> None:
    reader = factories.user("reader")
    api = Api(factories.actor_of(reader))
    body = {"account": str(reader.account.uuid), "name": "x", "public_key": PUBLIC_KEY}

    assert api.post("ssh-keys/", body).status_code == 403

    kept = Event.objects.filter(action="access.refused", actor_id=reader.pk)
    event = kept.get()
    assert (event.outcome, event.level, event.account_id) == ("refused", "warning", reader.account_id)
    assert event.details["route"] == "api:ssh-key-list"
    assert event.key_id
    for _ in range(30):
        record_refusal(
            factories.actor_of(reader), refusal=PermissionDenied("No."), method="POST", route="api:x", uuid=None
        )
    assert kept.count() == 20


def test_a_page_that_is_refused_leaves_a_line_too(visit: Any, cloud: Cloud) -> None:
    home = factories.account()
    instance = factories.instance(factories.member(home), cloud)
    client = visit(factories.actor_of(factories.user("reader", of=home)))

    assert client.post(f"/instances/{instance.uuid}/stop/").status_code == 403

    event = last("access.refused")
    assert event.details == {"method": "POST", "route": "compute:instance-stop", "object": str(instance.uuid)}
    assert event.session == session_mark(client.session.session_key)


def test_what_is_foreign_leaves_no_line(api: Api, other_tenant: Actor, cloud: Cloud) -> None:
    theirs = factories.instance(other_tenant, cloud)

    assert api.post(f"instances/{theirs.uuid}/stop/").status_code == 404
    assert not Event.objects.filter(action="access.refused").exists()


def test_signing_in_and_out_and_failing_to(db: None, tenant: Actor) -> None:
    client = Client()
    form = {"login": tenant.name, "password": PASSWORD}

    client.post("/sign-in/", form | {"password": "guess-one"})
    client.post("/sign-in/", form)
    session = client.session.session_key
    client.post("/sign-out/")

    failed, came, went = last("tenants.sign_in_failed"), last("tenants.sign_in"), last("tenants.sign_out")
    assert (failed.outcome, failed.actor_id, failed.resource_name) == ("failed", None, tenant.name)
    assert failed.account_id == came.account_id == went.account_id == tenant.account_id
    assert came.session == went.session == session_mark(session)
    assert came.address == "127.0.0.1"


def test_a_password_typed_as_a_name_is_not_kept(db: None) -> None:
    Client().post("/sign-in/", {"login": "my-real-password", "password": "x"})

    assert last("tenants.sign_in_failed").resource_name == ""
    assert "my-real-password" not in str(Event.objects.values())


def test_guessing_does_not_fill_the_trail(db: None) -> None:
    address = "198.51.100.7"
    with coming_from(Origin(address=address)):
        for number in range(15):
            attempt = lockouts.password_attempt(None, f"user{number}", address)
            lockouts.record_failure(None, "wrong password", address=address, attempt=attempt)

    assert Event.objects.filter(action="tenants.sign_in_failed").count() == 10


def test_origins_of_newer_releases_are_read(db: None) -> None:
    kept = Origin(address="192.0.2.1", operator_id=3).as_json()

    assert Origin.from_json(kept | {"colour": "blue"}) == Origin(address="192.0.2.1", operator_id=3)


def test_an_operators_event_on_behalf_of_somebody_has_both_names(db: None, tenant: Actor, operator: Actor) -> None:
    with coming_from(Origin(operator_id=operator.user_id, operator_name=operator.name)):
        event = events.record(tenant, "test.on_behalf", "Done for them.")

    assert (event.actor_id, event.actor_name) == (operator.user_id, operator.name)
    assert (event.on_behalf_of_id, event.on_behalf_of_name) == (tenant.user_id, tenant.name)

"""Tags: written and taken away by who manages the thing, within bounds that the database keeps too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloudportal.core.errors import Conflict, InvalidInput, NotFound, PermissionDenied, Refusal
from cloudportal.core.models import Event
from cloudportal.infrastructure.drivers.simulator import World
from compute.models import SSHKey
from compute.services.ssh_keys import create_ssh_key
from network.models import PublicAddress
from network.services.networks import delete_network
from tenants.actor import SYSTEM, Actor, actor_of
from tenants.models import Account, User
from tenants.services.accounts import lock_account
from tenants.services.tags import change_tags
from tenants.standing import AccountLocked
from tenants.tagging import checked_tags
from tests import factories
from tests.authority.estate import PUBLIC_KEY
from tests.conftest import RunJobs
from tests.threads import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def person() -> User:
    return factories.user("member")


@pytest.fixture
def key(person: User) -> SSHKey:
    return create_ssh_key(actor_of(person), account=person.account, name="k", public_key=PUBLIC_KEY)


def tags_of(thing: Any) -> dict[str, str]:
    return dict(type(thing).objects.values_list("tags", flat=True).get(pk=thing.pk))


def test_some_are_written_some_taken_away_and_the_others_stay(person: User, key: SSHKey) -> None:
    actor = actor_of(person)
    change_tags(actor, thing=key, set={"env": "test", "team": "blue", "old": "1"})

    change_tags(actor, thing=key, set={"env": "live", "note": ""}, remove=["old", "never was"])

    assert tags_of(key) == key.tags == {"env": "live", "team": "blue", "note": ""}
    event = Event.objects.filter(action="compute.change_tags").latest("id")
    assert event.before["tags"] == {"env": "test", "team": "blue", "old": "1"}
    assert event.after["tags"] == key.tags
    count = Event.objects.count()
    change_tags(actor, thing=key, set={"env": "live"})
    assert Event.objects.count() == count, "nothing changed, nothing to tell"


@pytest.mark.parametrize(
    "wrong",
    [
        {"": "x"}, {"k" * 129: "x"}, {"k": "v" * 257}, {"cloudportal:x": "y"}, {"a\tb": "x"}, {"a": "x\ny"},
        {"a": "\x00"}, {f"k{n}": "v" for n in range(51)},
    ],
)  # fmt: skip
def test_bad_tags_are_refused_whole(person: User, key: SSHKey, wrong: dict[str, str]) -> None:
    with pytest.raises(InvalidInput) as refusal:
        change_tags(actor_of(person), thing=key, set={"good": "1", **wrong})

    assert list(refusal.value.errors) == ["set"]
    assert tags_of(key) == {}


def test_fifty_are_the_most_however_they_come(person: User, key: SSHKey) -> None:
    actor = actor_of(person)
    change_tags(actor, thing=key, set={f"a{n}": "" for n in range(30)})

    with pytest.raises(InvalidInput, match="At most 50"):
        change_tags(actor, thing=key, set={f"b{n}": "" for n in range(21)})
    change_tags(actor, thing=key, set={f"b{n}": "" for n in range(21)}, remove=["a0"])
    assert len(tags_of(key)) == 50


@given(st.dictionaries(st.text(max_size=130), st.text(max_size=258), max_size=4))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_we_take_the_database_takes(key: SSHKey, tags: dict[str, str]) -> None:
    try:
        good = checked_tags(tags)
    except Refusal:
        return
    SSHKey.objects.filter(pk=key.pk).update(tags=good)
    assert tags_of(key) == tags


@pytest.mark.parametrize(
    "written",
    ["[]", '"x"', '{"a": 1}', '{"": "x"}', '{"cloudportal:a": "x"}', '{"a": "x\\u0007"}', '{"a": {"b": "c"}}'],
)
def test_the_database_refuses_what_is_none(key: SSHKey, written: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE compute_sshkey SET tags = %s::jsonb WHERE id = %s", [written, key.pk])


def test_who_may_not_manage_it_writes_nothing(person: User, key: SSHKey) -> None:
    reader = actor_of(factories.user("reader", of=person.account))

    with pytest.raises(PermissionDenied):
        change_tags(reader, thing=key, set={"a": "b"})
    with pytest.raises(NotFound):
        change_tags(factories.member(), thing=key, set={"a": "b"})
    lock_account(SYSTEM, account=Account.objects.select_related("domain").get(pk=person.account_id))
    with pytest.raises(AccountLocked):
        change_tags(actor_of(person), thing=key, set={"a": "b"})
    assert tags_of(key) == {}


def test_a_free_address_is_blank(tenant: Actor, world: World, tmp_path: Path, run_jobs: RunJobs) -> None:
    cloud = factories.cloud(world, tmp_path)
    network = factories.network(tenant, cloud.zone)
    address = PublicAddress.objects.select_related("account__domain").get(network=network)
    change_tags(tenant, thing=address, set={"for": "mail"})

    delete_network(tenant, network=network)
    run_jobs()

    address.refresh_from_db()
    assert (address.account_id, address.tags) == (None, {})
    with pytest.raises(Conflict, match="free"):
        change_tags(SYSTEM, thing=address, set={"a": "b"})


@pytest.mark.django_db(transaction=True)
def test_nobodys_tags_are_lost_when_many_write() -> None:
    person = factories.user("member")
    actor = actor_of(person)
    key = create_ssh_key(actor, account=person.account, name="k", public_key=PUBLIC_KEY)

    def write(number: int) -> str:
        thing = SSHKey.objects.select_related("account__domain").get(pk=key.pk)
        change_tags(actor, thing=thing, set={f"k{number}": "v"})
        return "written"

    at_once(write, 20)

    assert tags_of(key) == {f"k{number}": "v" for number in range(20)}

"""What everything stands on: lifecycles, secrets, masks, and the database's refusals in words."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from cryptography.fernet import Fernet, InvalidToken
from django.db import IntegrityError, connection, transaction

from cloudportal.core import clock, secrets
from cloudportal.core.errors import Conflict, InvalidInput
from cloudportal.core.lifecycle import Lifecycle, Move, State
from cloudportal.core.masking import mask_secrets, masked
from cloudportal.core.writing import insert, update
from cloudportal.infrastructure.models import Host
from compute.models import Instance, ServiceOffering
from compute.services.offerings import create_offering, update_offering
from compute.states import INSTANCE
from network.states import NETWORK
from storage.models import DiskOffering, Volume
from storage.services.disk_offerings import create_disk_offering
from storage.states import TEMPLATE, TEMPLATE_COPY, VOLUME
from tenants.actor import SYSTEM, Actor
from tests import factories
from tests.factories import Cloud

LIFECYCLES = [INSTANCE, NETWORK, TEMPLATE, TEMPLATE_COPY, VOLUME]


@pytest.mark.parametrize("lifecycle", LIFECYCLES, ids=lambda lifecycle: lifecycle.noun)
def test_every_state_can_be_reached_and_left(lifecycle: Lifecycle) -> None:
    reached = {lifecycle.initial}
    for _ in lifecycle.states:
        for move in lifecycle.moves.values():
            if move.start & reached:
                reached |= {move.during, move.done, move.failed} - {""}
    assert reached == set(lifecycle.states)
    for name, state in lifecycle.states.items():
        leaving = [move for move in lifecycle.moves.values() if name in move.start or name == move.during]
        assert leaving or not state.transient, f"{name} would last for ever"


def test_a_table_with_an_unknown_state_is_refused() -> None:
    with pytest.raises(ValueError, match=r"names unknown states \['Gone'\]"):
        Lifecycle("thing", [State("Here", "green")], go=Move(frozenset({"Here"}), done="Gone"))
    with pytest.raises(AttributeError):
        _ = INSTANCE.fly


def test_the_buttons_follow_the_table() -> None:
    assert INSTANCE.allowed("Stopped") == ("start", "destroy", "expunge")
    assert INSTANCE.allowed("Expunged") == ()


def test_of_two_that_begin_a_move_one_succeeds(tenant: Actor, cloud: Cloud) -> None:
    instance = factories.instance(tenant, cloud)
    stale = Instance.objects.get(pk=instance.pk)
    INSTANCE.stop.begin(instance)
    with pytest.raises(Conflict) as refusal:
        INSTANCE.stop.begin(stale)
    assert refusal.value.message == f"Instance {instance} is Stopping; to stop it must be Running."
    assert refusal.value.details == {"state": "Stopping", "allowed_from": ["Running"]}


def test_no_row_is_in_a_state_that_the_table_does_not_know(tenant: Actor, cloud: Cloud) -> None:
    factories.instance(tenant, cloud)
    for model in (Instance, Volume):
        with pytest.raises(IntegrityError, match="state_known"), transaction.atomic():
            model.objects.update(state="Flying")


def test_secrets_are_unreadable_where_they_are_kept(tenant: Actor, cloud: Cloud) -> None:
    instance = factories.instance(tenant, cloud, user_data="#!/bin/sh\necho the-database-password\n")
    Host.objects.filter(pk=cloud.hosts()[0].pk).update(password="the-host-password")

    with connection.cursor() as cursor:
        cursor.execute("SELECT i::text FROM compute_instance i UNION ALL SELECT h::text FROM infrastructure_host h")
        stored = "".join(row[0] for row in cursor.fetchall())

    assert "the-database-password" not in stored
    assert "the-host-password" not in stored
    instance.refresh_from_db()
    assert "the-database-password" in instance.user_data
    assert cloud.hosts()[0].password == "the-host-password"


def test_keys_are_rotated_without_losing_what_the_old_one_wrote(settings: Any) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    settings.FIELD_KEYS = [old]
    token = secrets.encrypt("secret")
    settings.FIELD_KEYS = [new, old]
    assert secrets.decrypt(token) == "secret"
    assert secrets.decrypt(secrets.encrypt("other")) == "other"
    settings.FIELD_KEYS = [new]
    with pytest.raises(InvalidToken):
        secrets.decrypt(token)


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("Bearer cpk_0123456789ab_s3cret-_x", "s3cret"),
        ("postgresql://me:s3cret@db/x", "s3cret"),
        ("qemu+tls://:s3cret@kvm/system failed", "s3cret"),
    ],
)
def test_logs_hide_keys_and_passwords(text: str, hidden: str) -> None:
    assert hidden not in masked(text)
    assert hidden not in mask_secrets(None, "info", {"event": text, "url": text})["event"]


def test_logs_hide_fields_by_their_names() -> None:
    event = mask_secrets(
        None, "info", {"password": "a", "API_KEY": "b", "user_data": "c", "session_cookie": "d", "name": "e"}
    )
    assert event == {"password": "***", "API_KEY": "***", "user_data": "***", "session_cookie": "***", "name": "e"}


def test_what_the_database_forbids_is_a_message_at_its_field(cloud: Cloud) -> None:
    disk = cloud.offering.root_disk
    wrong = [
        ({"name": cloud.offering.name}, "name"), ({"name": ""}, "name"), ({"name": "n" * 65}, "name"),
        ({"cpus": 0}, ""), ({"cpus": -1}, "cpus"), ({"cpus": 2**31}, "cpus"), ({"cpus": "many"}, "cpus"),
        ({"price_per_hour": Decimal("NaN")}, "price_per_hour"), ({"price_per_hour": Decimal("1e30")}, "price_per_hour"),
    ]  # fmt: skip
    for changes, field in wrong:
        with pytest.raises(InvalidInput) as refusal:
            create_offering(SYSTEM, **({"name": "new", "cpus": 1, "memory_mib": 1, "root_disk": disk} | changes))
        assert list(refusal.value.errors) == [field], changes
    assert ServiceOffering.objects.count() == 1


def test_a_refused_change_leaves_the_transaction_usable(cloud: Cloud) -> None:
    first, second = (create_disk_offering(SYSTEM, name=name) for name in ("a", "b"))
    with pytest.raises(InvalidInput):
        update(second, name=first.name)
    second.refresh_from_db()
    assert second.name == "b"
    with pytest.raises(InvalidInput):
        insert(DiskOffering(name=first.name))
    insert(DiskOffering(name="c"))


def test_the_size_of_an_offering_stays(cloud: Cloud) -> None:
    """Instances hold it: changing it would make every counter wrong."""
    other = DiskOffering.objects.create(name="other")
    for changes in ({"cpus": 4}, {"memory_mib": 4}, {"root_disk": other}):
        with pytest.raises(InvalidInput, match="Its size stays"):
            update_offering(SYSTEM, offering=cloud.offering, **changes)
    update_offering(SYSTEM, offering=cloud.offering, price_per_hour=Decimal(1), description="dear")
    cloud.offering.refresh_from_db()
    assert (cloud.offering.cpus, cloud.offering.price_per_hour) == (1, 1)


def test_time_goes_on_within_a_transaction(db: None) -> None:
    with transaction.atomic():
        assert clock.now() < clock.now()
    assert clock.now().utcoffset().total_seconds() == 0

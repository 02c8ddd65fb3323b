"""Keys: what they let in, from where, until when; how they are rotated; and who has a hold of whose."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cloudportal.core.errors import Conflict, InvalidInput, PermissionDenied
from cloudportal.core.models import Event
from tenants import selectors
from tenants.actor import SYSTEM, Actor, actor_of
from tenants.keys import parse_key
from tenants.models import Account, ApiKey, User
from tenants.services.api_keys import (
    create_api_key,
    delete_api_key,
    disable_api_key,
    enable_api_key,
    rotate_api_key,
    signing_secret,
    update_api_key,
)
from tenants.services.grants import grant_role
from tenants.services.key_holders import holder_of_key
from tests import factories
from tests.keys import HERE, user_behind
from tests.threads import at_once

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def home() -> Account:
    return factories.account()


@pytest.fixture
def person(home: Account) -> User:
    return factories.user("account_owner", of=home)


def make(user: User, name: str = "", **narrowing: Any) -> tuple[ApiKey, str]:
    return create_api_key(actor_of(user), user=user, name=name or factories.unique("key"), **narrowing)


def actor_behind(text: str) -> Actor:
    holder = holder_of_key(text, address=HERE)
    assert holder is not None
    return holder.actor()


def test_a_key_without_narrowing_is_its_user(person: User) -> None:
    assert actor_behind(make(person)[1]).reach == actor_of(person).reach


@pytest.mark.parametrize("permission", ["compute.view", "compute.manage", "users.manage", "jobs.view"])
def test_a_key_may_what_it_names_and_its_user_may(person: User, home: Account, permission: str) -> None:
    actor = actor_behind(make(person, permissions=["compute.view", "jobs.view"])[1])

    assert actor.may(permission, home) is (permission in {"compute.view", "jobs.view"})


def test_a_key_for_one_account_is_nothing_in_another(person: User, home: Account) -> None:
    other, below = factories.account(), factories.account()
    grant_role(SYSTEM, user=person, role="member", on=other)
    grant_role(SYSTEM, user=person, role="domain_admin", on=below.domain)

    for_other = actor_behind(make(person, accounts=[other])[1])
    for_domain = actor_behind(make(person, domains=[below.domain])[1])
    for_both = actor_behind(make(person, domains=[below.domain], accounts=[home])[1])

    places = [home, other, below]
    assert [for_other.may("compute.manage", place) for place in places] == [False, True, False]
    assert [for_domain.may("compute.manage", place) for place in places] == [False, False, True]
    assert [for_both.may("compute.manage", place) for place in places] == [True, False, True]
    assert not for_other.may("users.manage", other), "the owner may not either"


def test_what_the_owner_loses_the_key_loses(person: User, home: Account) -> None:
    other = factories.account()
    text = make(person, accounts=[other])[1]
    assert not actor_behind(text).may("compute.view")

    grant_role(SYSTEM, user=person, role="member", on=other)

    assert actor_behind(text).may("compute.view", other)


def test_a_request_asks_for_the_key_and_for_the_grants_once(person: User, home: Account) -> None:
    text = make(person, accounts=[home], permissions=["compute.view"], networks=["127.0.0.0/8"])[1]
    actor_behind(text)

    with CaptureQueriesContext(
        connection,
    ) as queries:
        actor_behind(text)

    assert len(queries) == 2


def test_from_elsewhere_a_key_is_no_key(person: User) -> None:
    key, text = make(person, networks=["192.0.2.0/24", "2001:db8::/32"])

    assert user_behind(text, "192.0.2.9") == person
    assert user_behind(text, "2001:db8::1") == person
    assert user_behind(text, "198.51.100.1") is None
    key.refresh_from_db()
    assert (key.last_used_address, key.refused_address) == ("192.0.2.9", "198.51.100.1")


def test_an_end_is_an_end(person: User) -> None:
    key, text = make(person, expires_at=timezone.now() + HOUR)
    assert (key.state, user_behind(text)) == ("Expiring", person)

    ApiKey.objects.update(expires_at=timezone.now() - HOUR)
    key.refresh_from_db()

    assert (key.state, user_behind(text)) == ("Expired", None)
    update_api_key(actor_of(person), key=key, expires_at=None)
    assert user_behind(text) == person


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": " "}, "name"),
        ({"expires_at": timezone.now() - HOUR}, "expires_at"),
        ({"networks": ["300.1.1.1"]}, "networks"),
        ({"networks": [f"10.0.{n}.0/24" for n in range(51)]}, "networks"),
        ({"permissions": ["compute.fly"]}, "permissions"),
        ({"permissions": ["infrastructure.manage"]}, "permissions"),
    ],
)
def test_narrowings_that_make_no_sense(person: User, wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        make(person, **{"name": "x", **wrong})

    assert list(refusal.value.errors) == [field]
    assert not ApiKey.objects.exists()


def test_networks_are_kept_in_one_form(person: User) -> None:
    key, _ = make(person, networks=["192.0.2.7/24", "192.0.2.0/24", " 2001:DB8::1 "])

    assert key.networks == ["192.0.2.0/24", "2001:db8::1/128"]


def test_both_secrets_work_until_the_grace_period_is_over(person: User) -> None:
    key, old = make(person, signs=True)
    before = signing_secret(key)

    key, new = rotate_api_key(actor_of(person), key=key, grace=HOUR)

    assert (user_behind(old), user_behind(new)) == (person, person)
    key.refresh_from_db()
    assert key.previous_used_at is not None, "the owner sees that the old one is still in use"
    assert new.endswith(signing_secret(key) or "-")
    assert signing_secret(key, previous=True) == before
    ApiKey.objects.update(previous_until=timezone.now() - HOUR)
    key.refresh_from_db()
    assert (user_behind(old), user_behind(new)) == (None, person)
    assert signing_secret(key, previous=True) is None


def test_without_grace_the_old_secret_ends_at_once(person: User) -> None:
    key, oldest = make(person)
    key, old = rotate_api_key(actor_of(person), key=key)
    key, new = rotate_api_key(actor_of(person), key=key, grace=timedelta())

    assert [user_behind(text) for text in (oldest, old, new)] == [None, None, person]
    with pytest.raises(InvalidInput):
        rotate_api_key(actor_of(person), key=key, grace=timedelta(days=31))


def test_secrets_are_kept_only_to_sign_and_never_in_clear(person: User) -> None:
    plain, _ = make(person)
    signing, text = make(person, signs=True)

    key = parse_key(text)
    assert key
    assert signing_secret(plain) is None
    assert signing_secret(signing) == key.secret
    with connection.cursor() as cursor:
        cursor.execute("SELECT signing_secret FROM tenants_apikey ORDER BY id")
        kept = [row[0] for row in cursor.fetchall()]
    assert kept[0] == ""
    assert key.secret not in kept[1]
    assert key.secret not in "".join(map(str, Event.objects.values_list("details", "message")))


def test_who_manages_users_sees_and_stops_their_keys(person: User, home: Account) -> None:
    key, text = make(person)
    boss = actor_of(factories.user("domain_admin", on=home.domain))
    colleague = actor_of(factories.user("member", of=home))

    assert selectors.api_keys(boss).filter(pk=key.pk).exists()
    assert not selectors.api_keys(colleague).filter(pk=key.pk).exists()
    disable_api_key(boss, key=key)
    assert user_behind(text) is None
    for refused in (
        lambda: rotate_api_key(boss, key=key),
        lambda: update_api_key(boss, key=key, name="mine"),
        lambda: enable_api_key(boss, key=key),
        lambda: disable_api_key(colleague, key=key),
    ):
        with pytest.raises(PermissionDenied):
            refused()
    enable_api_key(actor_of(person), key=key)
    assert user_behind(text) == person
    delete_api_key(boss, key=key)
    assert user_behind(text) is None


def test_a_key_gets_no_hold_of_a_mightier_one(person: User, home: Account) -> None:
    whole, _ = make(person, "whole")
    own, text = make(person, "own", permissions=["compute.view"])
    actor = actor_behind(text)

    for refused in (
        lambda: create_api_key(actor, user=person, name="new"),
        lambda: create_api_key(actor, user=person, name="new", permissions=["compute.view", "compute.manage"]),
        lambda: rotate_api_key(actor, key=whole),
        lambda: update_api_key(actor, key=whole, name="x"),
        lambda: disable_api_key(actor, key=whole),
        lambda: delete_api_key(actor, key=whole),
        lambda: update_api_key(actor, key=own, permissions=[]),
        lambda: update_api_key(actor, key=own, networks=["10.0.0.0/8"]),
        lambda: update_api_key(actor, key=own, expires_at=None),
    ):
        with pytest.raises(PermissionDenied):
            refused()
    assert ApiKey.objects.count() == 2
    create_api_key(actor, user=person, name="no more", permissions=["compute.view"])
    update_api_key(actor, key=own, name="renamed")
    rotate_api_key(actor, key=own)


def test_the_owner_widens_a_key_again(person: User, home: Account) -> None:
    key, text = make(person, permissions=["compute.view"], accounts=[home])

    update_api_key(actor_of(person), key=key, permissions=["compute.view", "compute.manage"], accounts=[])

    assert actor_behind(text).may("compute.manage", home)


@pytest.mark.django_db(transaction=True)
def test_of_many_rotations_at_once_one_counts() -> None:
    person = factories.user("member")
    key, old = make(person)
    actor, texts = actor_of(person), list[str]()

    def rotate(_number: int) -> str:
        try:
            texts.append(rotate_api_key(actor, key=key)[1])
        except Conflict:
            return "refused"
        return "rotated"

    counted = at_once(rotate, 6)

    assert counted == {"rotated": 1, "refused": 5}
    assert (user_behind(old), user_behind(texts[0])) == (person, person)

"""Why somebody may, or may not."""

from __future__ import annotations

import pytest

from cloudportal.core.errors import NotFound
from tenants.actor import SYSTEM, actor_of
from tenants.explain import Explanation, explain, thing_of
from tenants.models import Account, User
from tenants.services.accounts import create_account, lock_account
from tenants.services.domains import create_domain, suspend_domain
from tenants.services.grants import grant_role
from tenants.services.groups import add_member, create_group
from tenants.services.users import disable_user
from tests import factories
from tests.factories import Cloud

pytestmark = pytest.mark.django_db


def codes(found: Explanation) -> list[str]:
    return [obstacle.code for obstacle in found.obstacles]


@pytest.fixture
def home() -> Account:
    return factories.account()


@pytest.fixture
def person(home: Account) -> User:
    return factories.user("member", of=home)


def test_every_grant_that_allows_it_is_named(home: Account, person: User) -> None:
    root = factories.root()
    crew = create_group(SYSTEM, domain=root, name="crew")
    add_member(SYSTEM, group=crew, user=person)
    grant_role(SYSTEM, group=crew, role="auditor", on=root)
    grant_role(SYSTEM, user=person, role="billing", on=home.domain)

    found = explain(SYSTEM, user=person, permission="compute.view", on=home)

    assert found.allowed
    assert [(str(because.grant.role), because.inherited) for because in found.grants] == [
        ("Member", False),
        ("Auditor", True),
    ]
    assert found.grants[1].grant.group == crew


def test_nothing_granted_is_said_in_words(home: Account, person: User) -> None:
    found = explain(SYSTEM, user=person, permission="tenancy.manage", on=home)

    assert (found.allowed, codes(found)) == (False, ["no-grant"])
    assert "Create, change, move, suspend and delete domains" in found.obstacles[0].message


def test_a_grant_on_what_is_beside_does_not_count(home: Account, person: User) -> None:
    beside = create_account(SYSTEM, domain=home.domain, name="beside")
    grant_role(SYSTEM, user=person, role="auditor", on=create_domain(SYSTEM, name="below", parent=home.domain))

    assert codes(explain(SYSTEM, user=person, permission="compute.view", on=beside)) == ["no-grant"]
    assert codes(explain(SYSTEM, user=person, permission="compute.view", on=home.domain)) == ["no-grant"]


def test_states_stand_in_the_way_of_what_is_granted(home: Account, person: User) -> None:
    lock_account(SYSTEM, account=home)
    assert codes(explain(SYSTEM, user=person, permission="compute.manage", on=home)) == ["account-locked"]
    assert explain(SYSTEM, user=person, permission="compute.view", on=home).allowed
    suspend_domain(SYSTEM, domain=home.domain)
    assert codes(explain(SYSTEM, user=person, permission="compute.view", on=home)) == ["domain-suspended"]
    disable_user(SYSTEM, user=person)
    found = explain(SYSTEM, user=person, permission="compute.view", on=home)
    assert (codes(found), len(found.grants)) == (["user-disabled"], 1)


def test_what_is_of_the_cloud_is_granted_at_the_root(home: Account, person: User) -> None:
    grant_role(SYSTEM, user=person, role="auditor", on=home.domain)
    assert not explain(SYSTEM, user=person, permission="infrastructure.view", on=home).allowed

    grant_role(SYSTEM, user=person, role="auditor", on=factories.root())

    assert explain(SYSTEM, user=person, permission="infrastructure.view", on=home).allowed


def test_one_asks_about_oneself_and_about_whom_one_manages(home: Account, person: User) -> None:
    admin, stranger = actor_of(factories.user("domain_admin", on=home.domain)), factories.member()

    assert explain(actor_of(person), user=person, permission="compute.view", on=home).allowed
    assert explain(admin, user=person, permission="compute.view", on=home).allowed
    for actor in (stranger, actor_of(factories.user("reader", of=home))):
        with pytest.raises(NotFound):
            explain(actor, user=person, permission="compute.view", on=home)


def test_a_thing_is_asked_about_by_its_id(cloud: Cloud) -> None:
    tenant = factories.member()
    instance = factories.instance(tenant, cloud)

    assert thing_of(tenant, instance.uuid).account.pk == tenant.account_id
    with pytest.raises(NotFound):
        thing_of(factories.member(), instance.uuid)

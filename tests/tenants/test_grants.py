"""Granting and revoking: nobody takes from the mightier, the cloud keeps a root admin, groups give what they have."""

from __future__ import annotations

import pytest

from cloudportal.core.errors import Conflict, InvalidInput, NotFound, PermissionDenied
from cloudportal.core.models import Event
from tenants import selectors
from tenants.actor import SYSTEM, actor_of
from tenants.models import Domain, Grant, Group, User
from tenants.services.accounts import create_account, disable_account
from tenants.services.domains import create_domain, suspend_domain
from tenants.services.grants import grant_role, revoke_grant
from tenants.services.groups import add_member, create_group, delete_group, remove_member, update_group
from tenants.services.users import delete_user, disable_user, enable_user
from tests import factories

pytestmark = pytest.mark.django_db


def granted(user: User) -> Grant:
    return Grant.objects.filter(user=user).latest("created_at", "id")


def test_a_revoked_role_is_gone_at_once() -> None:
    person = factories.user("member")
    grant = granted(person)

    revoke_grant(SYSTEM, grant=grant)
    revoke_grant(SYSTEM, grant=grant)

    assert actor_of(person).reach == {}
    assert Event.objects.filter(action="tenants.revoke_role").count() == 1


def test_granting_again_changes_nothing_and_is_told_once() -> None:
    domain, person = factories.account().domain, factories.user("member")

    first, second = (grant_role(SYSTEM, user=person, role="reader", on=domain) for _ in range(2))

    assert first.uuid == second.uuid
    assert Event.objects.filter(action="tenants.grant_role", details__on=str(domain)).count() == 1


def test_nobody_takes_from_the_mightier() -> None:
    domain = factories.account().domain
    root_admin, above = factories.user("root_admin", on=factories.root()), factories.user("auditor", on=domain)
    grant_role(SYSTEM, user=root_admin, role="member", on=domain)
    admin = actor_of(factories.user("domain_admin", on=domain))
    owner = actor_of(factories.user("account_owner", on=domain))
    theirs = factories.user("domain_admin", on=domain)

    revoke_grant(admin, grant=granted(above))
    revoke_grant(admin, grant=granted(theirs))
    boss = factories.user("domain_admin", on=domain)
    grant_role(SYSTEM, user=boss, role="reader", on=domain)
    for actor, grant in (
        (owner, granted(boss)),
        (owner, Grant.objects.get(user=boss, role__code="domain_admin")),
        (admin, Grant.objects.get(user=root_admin, role__code="root_admin")),
    ):
        with pytest.raises((PermissionDenied, NotFound)):
            revoke_grant(actor, grant=grant)
    assert Grant.objects.filter(user=boss).count() == 2


def test_a_domain_admin_does_not_strip_the_root_admin_in_its_domain() -> None:
    domain = factories.account().domain
    root_admin = factories.user("root_admin", on=factories.root())
    local = grant_role(SYSTEM, user=root_admin, role="member", on=domain)
    owner = actor_of(factories.user("account_owner", on=domain))

    with pytest.raises(PermissionDenied, match="may do more there"):
        revoke_grant(owner, grant=local)


@pytest.mark.parametrize("way", ["revoke", "disable", "delete", "suspend", "disable account"])
def test_the_last_root_admin_stays(way: str) -> None:
    account = factories.account()
    last = factories.user("root_admin", of=account, on=factories.root())
    ways = {
        "revoke": lambda: revoke_grant(SYSTEM, grant=granted(last)),
        "disable": lambda: disable_user(SYSTEM, user=last),
        "delete": lambda: delete_user(SYSTEM, user=last),
        "suspend": lambda: suspend_domain(SYSTEM, domain=account.domain),
        "disable account": lambda: disable_account(SYSTEM, account=account),
    }

    with pytest.raises(Conflict, match="without a root admin"):
        ways[way]()
    assert actor_of(User.objects.get(pk=last.pk)).is_operator
    second = factories.user("root_admin", on=factories.root())
    ways[way]()

    assert actor_of(second).is_operator


def test_a_root_admin_by_a_group_counts_while_in_it() -> None:
    root = factories.root()
    admins = create_group(SYSTEM, domain=root, name="admins")
    grant_role(SYSTEM, group=admins, role="root_admin", on=root)
    person = factories.user("reader")
    add_member(SYSTEM, group=admins, user=person)
    assert actor_of(person).is_operator

    for last in (lambda: remove_member(SYSTEM, group=admins, user=person), lambda: delete_group(SYSTEM, group=admins)):
        with pytest.raises(Conflict, match="without a root admin"):
            last()

    assert actor_of(person).is_operator


def test_roles_of_the_cloud_are_granted_on_the_root() -> None:
    person, domain = factories.user("reader"), factories.account().domain

    for role in ("root_admin", "operator"):
        with pytest.raises(InvalidInput, match="on the root domain"):
            grant_role(SYSTEM, user=person, role=role, on=domain)
    grant_role(SYSTEM, user=person, role="auditor", on=domain)

    assert not actor_of(person).may("infrastructure.view"), "an auditor of a domain sees no hosts"
    assert not actor_of(person).is_operator


def test_exactly_one_is_granted_something() -> None:
    crew = create_group(SYSTEM, domain=factories.root(), name="crew")

    for whom in ({}, {"user": factories.user("reader"), "group": crew}):
        with pytest.raises(InvalidInput):
            grant_role(SYSTEM, role="member", on=factories.account(), **whom)


def test_members_come_from_the_groups_branch() -> None:
    account, stranger = factories.account(), factories.user("reader")
    crew = create_group(SYSTEM, domain=account.domain, name="crew")
    below = create_account(SYSTEM, domain=create_domain(SYSTEM, name="b", parent=account.domain), name="x")

    for _ in range(2):
        add_member(SYSTEM, group=crew, user=factories.user("reader", of=below))
    with pytest.raises(InvalidInput, match="does not belong to domain"):
        add_member(SYSTEM, group=crew, user=stranger)

    assert selectors.members(SYSTEM, crew).count() == 2


def test_who_fills_a_group_gives_away_what_it_has() -> None:
    account = factories.account()
    crew = create_group(SYSTEM, domain=account.domain, name="crew")
    grant_role(SYSTEM, group=crew, role="member", on=factories.account())
    admin, friend = actor_of(factories.user("domain_admin", on=account.domain)), factories.user("reader", of=account)

    for change in (
        lambda: add_member(admin, group=crew, user=friend),
        lambda: remove_member(admin, group=crew, user=friend),
        lambda: delete_group(admin, group=crew),
    ):
        with pytest.raises(PermissionDenied, match="may do more than you"):
            change()
    with pytest.raises(NotFound):
        add_member(factories.member(), group=crew, user=friend)


def test_groups_are_named_once_a_domain_and_go_with_their_grants() -> None:
    domain = factories.account().domain
    crew = create_group(SYSTEM, domain=domain, name="crew", description="They sail.")
    person = factories.user("reader", of=create_account(SYSTEM, domain=domain, name="web"))
    add_member(SYSTEM, group=crew, user=person)
    grant_role(SYSTEM, group=crew, role="member", on=domain)
    for name in ("crew", " ", "x" * 65):
        with pytest.raises(InvalidInput) as refusal:
            create_group(SYSTEM, domain=domain, name=name)
        assert list(refusal.value.errors) == ["name"]
    create_group(SYSTEM, domain=factories.account().domain, name="crew")

    assert update_group(SYSTEM, group=crew, name="mates").name == "mates"
    assert actor_of(person).may("compute.manage", domain)
    delete_group(SYSTEM, group=crew)

    assert not actor_of(person).may("compute.manage", domain)
    assert not Grant.objects.filter(domain=domain).exists()
    assert not Group.objects.filter(pk=crew.pk).exists()


def test_grants_are_listed_where_roles_are_seen_and_ones_own_always() -> None:
    domain = factories.account().domain
    admin, other = factories.user("domain_admin", on=domain), factories.user("member")
    crew = create_group(SYSTEM, domain=domain, name="crew")
    of_crew = grant_role(SYSTEM, group=crew, role="reader", on=domain)
    on_account = grant_role(SYSTEM, user=other, role="reader", on=create_account(SYSTEM, domain=domain, name="w"))

    assert set(selectors.grants(actor_of(admin))) == {granted(admin), of_crew, on_account}
    assert set(selectors.grants(actor_of(other))) == set(Grant.objects.filter(user=other))
    assert selectors.grants(SYSTEM).count() == Grant.objects.count()
    assert not selectors.grants(actor_of(disable_user(SYSTEM, user=admin))).exclude(user=admin).exists()
    enable_user(SYSTEM, user=admin)
    assert of_crew in selectors.grants(actor_of(admin))


def test_one_statement_resolves_an_actor(django_assert_num_queries: object) -> None:
    person, domain = factories.user("member"), Domain.objects.get(parent=None)
    crew = create_group(SYSTEM, domain=domain, name="crew")
    add_member(SYSTEM, group=crew, user=person)
    grant_role(SYSTEM, group=crew, role="auditor", on=domain)

    with django_assert_num_queries(1):
        assert actor_of(person).is_operator

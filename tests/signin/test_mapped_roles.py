"""Roles by the groups of a provider: given while somebody is in the group, and nobody else's business."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tenants.actor import SYSTEM
from tenants.models import Account, Grant, IdentityProvider, MappedGrant, User
from tenants.services.grants import grant_role, revoke_grant
from tenants.services.identity_providers import delete_identity_provider
from tenants.services.mapped_roles import settle_roles
from tests import factories
from tests.signin.conftest import actions

ROLES = ("member", "reader", "domain_admin", "billing")


def entry(group: str, role: str, on: str = "account") -> dict[str, str]:
    return {"group": group, "role": role, "on": on}


@pytest.fixture
def user(account: Account) -> User:
    return factories.user("account_owner", of=account)


def provider(account: Account, *mapping: dict[str, str], name: str = "one") -> IdentityProvider:
    row = factories.identity_provider(account.domain, name)
    row.role_mapping = list(mapping)
    row.save(update_fields=["role_mapping"])
    return row


def roles(user: User) -> set[tuple[str, str]]:
    rows = Grant.objects.filter(user=user).select_related("role", "domain", "account")
    return {(str(grant.role.code), "domain" if grant.domain_id else "account") for grant in rows} - {
        ("account_owner", "account")
    }


def test_a_role_goes_when_the_group_is_gone(account: Account, user: User) -> None:
    acme = provider(account, entry("staff", "member"), entry("bosses", "domain_admin", "domain"))
    settle_roles(acme, user, ["staff", "bosses"])
    assert roles(user) == {("member", "account"), ("domain_admin", "domain")}

    settle_roles(acme, user, ["staff"])

    assert roles(user) == {("member", "account")}
    settle_roles(acme, user, [])
    assert roles(user) == set()
    assert not MappedGrant.objects.exists()


def test_a_role_goes_when_the_mapping_is_gone(account: Account, user: User) -> None:
    acme = provider(account, entry("staff", "member"))
    settle_roles(acme, user, ["staff"])
    acme.role_mapping = []

    settle_roles(acme, user, ["staff"])

    assert roles(user) == set()


def test_what_was_granted_by_hand_stays(account: Account, user: User) -> None:
    acme = provider(account, entry("staff", "member"))
    grant_role(SYSTEM, user=user, role="member", on=account)

    settle_roles(acme, user, ["staff"])
    settle_roles(acme, user, [])

    assert roles(user) == {("member", "account")}


def test_what_was_granted_by_hand_afterwards_stays_too(account: Account, user: User) -> None:
    acme = provider(account, entry("staff", "member"))
    settle_roles(acme, user, ["staff"])
    grant_role(SYSTEM, user=user, role="member", on=account)

    settle_roles(acme, user, [])

    assert roles(user) == {("member", "account")}


def test_what_was_taken_by_hand_and_given_again_by_hand_stays(account: Account, user: User) -> None:
    acme = provider(account, entry("staff", "member"))
    settle_roles(acme, user, ["staff"])
    revoke_grant(SYSTEM, grant=Grant.objects.get(user=user, role__code="member"))
    assert not MappedGrant.objects.exists()
    grant_role(SYSTEM, user=user, role="member", on=account)

    settle_roles(acme, user, [])

    assert roles(user) == {("member", "account")}


def test_two_providers_hold_a_role_together(account: Account, user: User) -> None:
    one = provider(account, entry("staff", "member"))
    two = provider(account, entry("crew", "member"), name="two")
    settle_roles(one, user, ["staff"])
    settle_roles(two, user, ["crew"])

    settle_roles(one, user, [])
    assert roles(user) == {("member", "account")}

    settle_roles(two, user, [])
    assert roles(user) == set()


def test_a_provider_that_is_removed_leaves_the_roles(account: Account, user: User) -> None:
    acme = provider(account, entry("staff", "member"))
    settle_roles(acme, user, ["staff"])

    delete_identity_provider(SYSTEM, provider=acme)

    assert roles(user) == {("member", "account")}


def test_a_user_who_moved_loses_the_role_on_the_former_account(account: Account, user: User) -> None:
    acme = provider(account, entry("staff", "member"))
    settle_roles(acme, user, ["staff"])
    user.account = factories.account()
    user.save(update_fields=["account"])

    settle_roles(acme, user, ["staff"])

    grant = Grant.objects.get(user=user, role__code="member")
    assert grant.account == user.account


def test_nothing_is_written_down_twice(account: Account, user: User) -> None:
    acme = provider(account, entry("staff", "member"), entry("crew", "member"))

    for _ in range(3):
        settle_roles(acme, user, ["staff", "crew"])

    # The owner's role was the first.
    assert actions(user).count("tenants.grant_role") == 2
    assert MappedGrant.objects.count() == 1


def test_a_row_is_about_one_place(account: Account) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        MappedGrant.objects.create(provider=provider(account))


Mapping = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from(ROLES), st.sampled_from(["account", "domain"])), max_size=5
)
Deed = st.one_of(
    st.tuples(st.just("sign in"), st.sets(st.sampled_from("abc"))),
    st.tuples(st.just("grant"), st.tuples(st.sampled_from(ROLES), st.sampled_from(["account", "domain"]))),
    st.tuples(st.just("revoke"), st.tuples(st.sampled_from(ROLES), st.sampled_from(["account", "domain"]))),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(mapping=Mapping, deeds=st.lists(Deed, max_size=8))
def test_at_random_against_two_sets(account: Account, user: User, mapping: Any, deeds: list[Any]) -> None:
    """By hand and by group are two sets; what the user has is both together."""
    with transaction.atomic():
        acme = provider(account, *(entry(*one) for one in mapping), name="random")
        places = {"account": account, "domain": account.domain}
        by_hand: set[tuple[str, str]] = set()
        by_group: set[tuple[str, str]] = set()
        for deed, value in deeds:
            if deed == "sign in":
                settle_roles(acme, user, value)
                by_group = {(role, on) for group, role, on in mapping if group in value} - by_hand
            elif deed == "grant":
                grant_role(SYSTEM, user=user, role=value[0], on=places[value[1]])
                by_hand, by_group = by_hand | {value}, by_group - {value}
            else:
                for grant in Grant.objects.filter(user=user, role__code=value[0]):
                    if grant.place == places[value[1]]:
                        revoke_grant(SYSTEM, grant=grant)
                by_hand, by_group = by_hand - {value}, by_group - {value}
            assert roles(user) == by_hand | by_group
        transaction.set_rollback(True)

"""Sign-ins of one person in many windows: their roles are what the last of them says, and nobody waits for ever."""

from __future__ import annotations

import pytest
from allauth.socialaccount.models import SocialAccount

from tenants.models import Grant, IdentityProvider, MappedGrant, User
from tenants.services.identities import Claims, admit
from tests import factories
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)

ROLES = ["member", "reader", "domain_admin"]


def claims(groups: list[str]) -> Claims:
    return Claims("id-of-alice", "", "alice", "", "", tuple(groups))


def test_many_windows_at_once() -> None:
    home = factories.account("acme")
    providers = []
    for number in range(2):
        # The other names the roles the other way round.
        roles = ROLES if number == 0 else ROLES[::-1]
        mapping = [{"group": role, "role": role, "on": "account"} for role in roles]
        row = factories.identity_provider(home.domain, f"p{number}")
        IdentityProvider.objects.filter(pk=row.pk).update(account=home, role_mapping=mapping)
        providers.append(IdentityProvider.objects.select_related("domain", "account__domain").get(pk=row.pk))
    alice = admit(providers[0], claims([]))
    SocialAccount.objects.create(provider=str(providers[1].uuid), uid="id-of-alice", user=alice)

    def window(number: int) -> str:
        groups = ROLES[number % 3 :] + ROLES[: number % 2]
        if number % 2:
            return str(admit(providers[0], claims(groups)).pk)
        return str(admit(providers[1], claims(groups)).pk)

    answers = at_once(window, 36)

    assert answers == {str(alice.pk): 36}
    admit(providers[1], claims([]))
    admit(providers[0], claims(["member"]))
    assert [grant.role.code for grant in Grant.objects.filter(user=alice).select_related("role")] == ["member"]
    assert MappedGrant.objects.count() == 1


def test_a_first_sign_in_in_many_windows_makes_one_user() -> None:
    home = factories.account("acme")
    row = factories.identity_provider(home.domain)
    IdentityProvider.objects.filter(pk=row.pk).update(
        account=home, role_mapping=[{"group": "staff", "role": "member", "on": "account"}]
    )
    row = IdentityProvider.objects.select_related("domain", "account__domain").get(pk=row.pk)

    at_once(lambda _: str(admit(row, claims(["staff"])).pk), 12)

    assert User.objects.filter(account=home).count() == 1
    assert Grant.objects.filter(user__account=home).count() == 1

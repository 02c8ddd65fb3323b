"""Several at once: the tree has no torn paths, and nobody keeps or gets a role by a race."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from cloudportal.core.errors import Refusal
from tenants.actor import SYSTEM, actor_of
from tenants.models import Domain, Grant, Role, User
from tenants.services.domains import create_domain, move_domain
from tenants.services.grants import grant_role, revoke_grant
from tenants.services.roles import create_role, delete_role
from tenants.services.users import delete_user, disable_user
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


def together(*calls: Callable[[], object]) -> list[object]:
    """What each returned or was refused with; any other error is one."""

    def run(call: Callable[[], object]) -> object:
        try:
            return call()
        except Refusal as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(run, calls))


def assert_paths_are_whole() -> None:
    rows = {row.pk: row for row in Domain.objects.all()}
    for row in rows.values():
        above = rows[row.parent_id].path if row.parent_id else "/"
        assert row.path == f"{above}{row.pk}/"


def test_what_grows_while_a_branch_moves_moves_along() -> None:
    a, b = (create_domain(SYSTEM, name=name, parent=factories.root()) for name in ("a", "b"))
    branch = create_domain(SYSTEM, name="branch", parent=a)
    twig = create_domain(SYSTEM, name="twig", parent=branch)

    def grow(number: int) -> Callable[[], object]:
        return lambda: create_domain(SYSTEM, name=f"leaf-{number}", parent=Domain.objects.get(pk=twig.pk))

    def move(to: Domain) -> Callable[[], object]:
        return lambda: move_domain(SYSTEM, domain=Domain.objects.get(pk=branch.pk), parent=to)

    together(*(call for number in range(4) for call in (grow(number), move((a, b)[number % 2]))))

    assert Domain.objects.filter(parent=twig).count() == 4
    assert_paths_are_whole()


def test_two_branches_that_are_hung_on_each_other_make_no_cycle() -> None:
    for number in range(3):
        a, b = (create_domain(SYSTEM, name=f"{name}{number}", parent=factories.root()) for name in ("a", "b"))

        together(
            lambda a=a, b=b: move_domain(SYSTEM, domain=a, parent=b),
            lambda a=a, b=b: move_domain(SYSTEM, domain=b, parent=a),
        )

        assert_paths_are_whole()
        assert Domain.objects.filter(pk__in=[a.pk, b.pk], parent=factories.root()).count() == 1


def test_granted_many_times_at_once_is_granted_once() -> None:
    person, account = factories.user("reader"), factories.account()

    made = together(*[lambda: grant_role(SYSTEM, user=person, role="member", on=account)] * 6)

    assert len({grant.uuid for grant in made}) == 1
    assert Grant.objects.filter(user=person, account=account).count() == 1


def test_a_role_granted_while_it_is_deleted_is_one_or_the_other() -> None:
    account = factories.account()
    for number in range(4):
        person = factories.user("reader")
        role = create_role(SYSTEM, domain=account.domain, name=f"r{number}", permissions=["compute.manage"])

        together(
            lambda role=role, person=person: grant_role(SYSTEM, user=person, role=role, on=account),
            lambda role=role: delete_role(SYSTEM, role=role),
        )

        is_there = Role.objects.filter(pk=role.pk).exists()
        assert actor_of(person).may("compute.manage", account) is is_there


def test_granted_and_revoked_at_once_leaves_no_half() -> None:
    person, account = factories.user("reader"), factories.account()
    for _ in range(4):
        grant = grant_role(SYSTEM, user=person, role="member", on=account)

        together(
            lambda: grant_role(SYSTEM, user=person, role="member", on=account),
            lambda grant=grant: revoke_grant(SYSTEM, grant=grant),
        )

        held = Grant.objects.filter(user=person, account=account).exists()
        assert actor_of(person).may("compute.manage", account) is held


def test_granted_while_the_user_is_deleted_is_refused_or_goes_along() -> None:
    account = factories.account()
    for _ in range(4):
        person = factories.user("reader")

        together(
            lambda person=person: grant_role(SYSTEM, user=person, role="member", on=account),
            lambda person=person: delete_user(SYSTEM, user=person),
        )

        assert not User.objects.filter(pk=person.pk).exists()
        assert not Grant.objects.filter(user=person.pk).exists()


def test_of_two_root_admins_who_go_at_once_one_stays() -> None:
    pair = [factories.user("root_admin", on=factories.root()) for _ in range(2)]

    together(*(lambda user=user: disable_user(SYSTEM, user=user) for user in pair))

    assert User.objects.filter(pk__in=[user.pk for user in pair], is_active=True).count() == 1

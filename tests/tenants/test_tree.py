"""The tree of domains: renamed, moved, suspended and pruned by who manages what is above."""

from __future__ import annotations

from contextlib import suppress

import pytest

from cloudportal.core.errors import Conflict, InvalidInput, NotFound, PermissionDenied
from cloudportal.signin.backend import PortalBackend
from tenants import selectors
from tenants.actor import SYSTEM, Actor, actor_of
from tenants.models import Domain, User
from tenants.models.domain import LONGEST_PATH
from tenants.services.accounts import create_account
from tenants.services.api_keys import create_api_key
from tenants.services.domains import activate_domain, create_domain, move_domain, rename_domain, suspend_domain
from tenants.services.grants import grant_role
from tenants.services.groups import add_member, create_group
from tenants.services.roles import create_role
from tenants.standing import DomainSuspended
from tests import factories
from tests.keys import user_behind

pytestmark = pytest.mark.django_db


def grow(*names: str, under: Domain | None = None) -> list[Domain]:
    """A line of domains, each below the one before."""
    line: list[Domain] = []
    for name in names:
        line.append(create_domain(SYSTEM, name=factories.unique(name), parent=[under or factories.root(), *line][-1]))
    return line


def paths() -> dict[int, str]:
    return dict(Domain.objects.values_list("pk", "path"))


def test_a_branch_moves_with_all_that_hangs_on_it() -> None:
    a, b, c = grow("a", "b", "c")
    (target,) = grow("target")
    account = create_account(SYSTEM, domain=c, name="web")
    of_a, of_target = (actor_of(factories.user("domain_admin", on=row)) for row in (a, target))

    move_domain(SYSTEM, domain=b, parent=target)

    c.refresh_from_db()
    assert c.path == f"{target.path}{b.pk}/{c.pk}/"
    account.refresh_from_db()
    assert not of_a.may("compute.view", account)
    assert of_target.may("compute.view", account)
    assert set(selectors.domains(of_a)) == {a}


def test_moving_to_where_it_is_changes_nothing() -> None:
    a, b = grow("a", "b")
    before = paths()

    move_domain(SYSTEM, domain=b, parent=a)

    assert paths() == before


def test_no_branch_is_hung_on_itself_and_the_root_stays() -> None:
    a, b, c = grow("a", "b", "c")
    before = paths()

    for domain, parent in ((a, a), (a, c), (b, c)):
        with pytest.raises(InvalidInput, match="itself, or below it") as refusal:
            move_domain(SYSTEM, domain=domain, parent=parent)
        assert list(refusal.value.errors) == ["parent"]
    for change in (
        lambda: move_domain(SYSTEM, domain=factories.root(), parent=a),
        lambda: suspend_domain(SYSTEM, domain=factories.root()),
    ):
        with pytest.raises(InvalidInput, match="is the root"):
            change()

    assert paths() == before


def test_moving_takes_rights_at_both_ends() -> None:
    a, b = grow("a", "b")
    (target,) = grow("target")
    of_a, of_b, of_target = (actor_of(factories.user("domain_admin", on=row)) for row in (a, b, target))

    with pytest.raises(NotFound):
        move_domain(of_a, domain=b, parent=target)
    with pytest.raises(NotFound):
        move_domain(of_target, domain=b, parent=target)
    with pytest.raises(PermissionDenied, match="decided above"):
        move_domain(of_b, domain=b, parent=b)
    of_both = User.objects.get(pk=of_a.user_id)
    grant_role(SYSTEM, user=of_both, role="domain_admin", on=target)
    move_domain(actor_of(of_both), domain=b, parent=target)

    b.refresh_from_db()
    assert b.parent == target


def test_a_name_taken_at_the_new_place_and_a_tree_too_deep_are_refused() -> None:
    a, b = grow("a", "b")
    create_domain(SYSTEM, name=b.name, parent=factories.root())
    with pytest.raises(InvalidInput) as refusal:
        move_domain(SYSTEM, domain=b, parent=factories.root())
    assert refusal.value.errors == {"name": ["Another domain there has that name."]}

    deep = a
    with suppress(InvalidInput):
        for _ in range(LONGEST_PATH):
            deep = create_domain(SYSTEM, name="d", parent=deep)
    assert len(deep.path) > LONGEST_PATH - 20
    with pytest.raises(InvalidInput, match="too deep") as refusal:
        create_domain(SYSTEM, name="d", parent=deep)
    assert list(refusal.value.errors) == ["parent"]
    with pytest.raises(InvalidInput, match="too deep"):
        move_domain(SYSTEM, domain=b, parent=deep)


def test_roles_of_an_old_home_do_not_come_along() -> None:
    a, b, c = grow("a", "b", "c")
    (target,) = grow("target")
    person = factories.user("reader")
    own = create_role(SYSTEM, domain=c, name="Own", permissions=["compute.view"])
    grant_role(SYSTEM, user=person, role=own, on=c)
    foreign = create_role(SYSTEM, domain=a, name="Foreign", permissions=["compute.view"])
    grant_role(SYSTEM, user=person, role=foreign, on=create_account(SYSTEM, domain=c, name="web"))

    with pytest.raises(Conflict, match="Foreign of"):
        move_domain(SYSTEM, domain=b, parent=target)


def test_who_is_moved_away_leaves_the_groups_of_the_old_place() -> None:
    a, b = grow("a", "b")
    (target,) = grow("target")
    person = factories.user("reader", of=create_account(SYSTEM, domain=b, name="web"))
    old, own = (create_group(SYSTEM, domain=row, name="crew") for row in (a, b))
    everybody = create_group(SYSTEM, domain=factories.root(), name="everybody")
    for group in (old, own, everybody):
        add_member(SYSTEM, group=group, user=person)

    move_domain(SYSTEM, domain=b, parent=target)

    assert set(person.groups.all()) == {own.auth, everybody.auth}


def test_below_a_suspended_domain_nobody_acts() -> None:
    a, b = grow("a", "b")
    account = create_account(SYSTEM, domain=b, name="web")
    person, above = factories.user("member", of=account), factories.user("member", on=account)
    _, key = create_api_key(actor_of(person), user=person, name="laptop")
    backend = PortalBackend()

    suspend_domain(SYSTEM, domain=a)

    assert actor_of(person).reach == {}
    assert user_behind(key) is None
    assert backend.get_user(person.pk) is None
    assert backend.authenticate(None, username=person.username, password=factories.PASSWORD) is None
    helper = actor_of(above)
    assert helper.may("compute.manage", account), "who is of elsewhere still sees it"
    with pytest.raises(DomainSuspended, match=f"Domain {a} is not active"):
        helper.require("compute.manage", account)
    helper.require("compute.manage", account, even_locked=True)
    activate_domain(SYSTEM, domain=a)
    assert actor_of(person).may("compute.manage", account)
    assert user_behind(key) == person
    assert backend.authenticate(None, username=person.username, password=factories.PASSWORD) == person


def test_suspending_is_decided_above() -> None:
    a, b = grow("a", "b")
    of_a, of_b = (actor_of(factories.user("domain_admin", on=row)) for row in (a, b))

    with pytest.raises(PermissionDenied, match="decided above"):
        suspend_domain(of_b, domain=b)
    suspend_domain(of_a, domain=b)
    with pytest.raises(Conflict, match="is Suspended; to suspend"):
        suspend_domain(of_a, domain=b)
    with pytest.raises(PermissionDenied):
        activate_domain(of_b, domain=b)
    assert activate_domain(of_a, domain=b).state == "Active"


@pytest.mark.parametrize("name", ["", "  ", "x" * 65, "taken", "nul\x00"])
def test_renaming_is_checked(name: str) -> None:
    a, b = grow("a", "b")
    create_domain(SYSTEM, name="taken", parent=a)

    with pytest.raises(InvalidInput) as refusal:
        rename_domain(SYSTEM, domain=b, name=name)

    assert list(refusal.value.errors) == ["name"]
    assert Domain.objects.get(pk=b.pk).name != name


def test_a_domain_is_renamed_by_its_own_admin(operator: Actor) -> None:
    (a,) = grow("a")

    rename_domain(actor_of(factories.user("domain_admin", on=a)), domain=a, name="b")

    assert Domain.objects.get(pk=a.pk).name == "b"
    with pytest.raises(NotFound):
        rename_domain(factories.member(), domain=a, name="c")

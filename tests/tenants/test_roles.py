"""Custom roles: within what their author has, seen at and below their domain, and counting at once."""

from __future__ import annotations

import pytest

from cloudportal.core.errors import Conflict, InvalidInput, NotFound, PermissionDenied
from tenants import selectors
from tenants.actor import SYSTEM, Actor, actor_of
from tenants.models import Domain, Grant, Role
from tenants.permissions import BUILT_IN, PERMISSIONS
from tenants.roles import sync_built_in_roles
from tenants.services.accounts import create_account
from tenants.services.domains import create_domain
from tenants.services.grants import grant_role
from tenants.services.roles import clone_role, create_role, delete_role, update_role
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def branch() -> Domain:
    return factories.account().domain


@pytest.fixture
def admin(branch: Domain) -> Actor:
    return actor_of(factories.user("domain_admin", on=branch))


def test_every_cloud_has_the_built_in_roles() -> None:
    rows = {role.code: set(role.permissions) for role in Role.objects.exclude(code=None)}

    assert rows == {code: set(role.permissions) for code, role in BUILT_IN.items()}
    assert rows["root_admin"] == set(PERMISSIONS)
    assert all(name.endswith(".view") for name in rows["auditor"] - {"audit.export"})
    assert {name for name in rows["member"] if name.startswith(("audit.", "webhooks."))} == {"webhooks.view"}


def test_an_upgrade_brings_built_in_roles_up_to_date_and_leaves_grants() -> None:
    person = factories.user("member")
    Role.objects.filter(code="member").update(name="Old", permissions=["compute.view", "forgotten.thing"])
    assert "forgotten.thing" not in actor_of(person).reach, "a name of another version means nothing"

    for _ in range(2):
        sync_built_in_roles()

    assert Role.objects.filter(code__isnull=False).count() == len(BUILT_IN)
    assert set(Role.objects.get(code="member").permissions) == BUILT_IN["member"].permissions
    assert "compute.manage" in actor_of(person).reach


def test_what_is_changed_in_a_role_counts_at_once(branch: Domain, admin: Actor) -> None:
    role = create_role(admin, domain=branch, name="Helper", permissions=["compute.view", "compute.console"])
    person = factories.user("reader")
    grant_role(admin, user=person, role=role, on=branch)
    account = create_account(SYSTEM, domain=branch, name="web")
    assert actor_of(person).may("compute.console", account)

    update_role(admin, role=role, name="Watcher", permissions=["compute.view", "network.view"])

    assert not actor_of(person).may("compute.console", account)
    assert actor_of(person).may("network.view", account)
    assert Role.objects.get(pk=role.pk).name == "Watcher"


def test_nobody_puts_into_a_role_what_they_have_not(branch: Domain, admin: Actor) -> None:
    author = actor_of(factories.user("account_owner", on=branch))

    with pytest.raises(PermissionDenied, match="you do not have there"):
        create_role(author, domain=branch, name="Mighty", permissions=["tenancy.manage"])
    role = create_role(admin, domain=branch, name="Managers", permissions=["tenancy.view", "tenancy.manage"])
    for change in ({"permissions": ["tenancy.view"]}, {"name": "Mine"}):
        with pytest.raises(PermissionDenied):
            update_role(author, role=role, **change)
    with pytest.raises(PermissionDenied):
        delete_role(author, role=role)
    with pytest.raises(PermissionDenied):
        clone_role(author, role=role, domain=branch, name="Copy")
    with pytest.raises(NotFound):
        create_role(factories.member(), domain=branch, name="Foreign", permissions=["compute.view"])


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 65}, "name"),
        ({"name": "Taken"}, "name"),
        ({"permissions": []}, "permissions"),
        ({"permissions": ["compute.fly"]}, "permissions"),
        ({"permissions": ["infrastructure.view"]}, "permissions"),
    ],
)
def test_roles_are_checked(branch: Domain, values: dict[str, object], field: str) -> None:
    create_role(SYSTEM, domain=branch, name="Taken", permissions=["compute.view"])
    before = Role.objects.count()

    with pytest.raises(InvalidInput) as refusal:
        create_role(SYSTEM, **({"domain": branch, "name": "New", "permissions": ["compute.view"]} | values))

    assert list(refusal.value.errors) == [field]
    assert Role.objects.count() == before


def test_a_clone_is_the_cloners_to_change(branch: Domain, admin: Actor) -> None:
    auditor = Role.objects.get(code="auditor")

    clone = clone_role(admin, role=auditor, domain=branch, name="Our auditor")
    update_role(admin, role=clone, permissions=[*clone.permissions, "compute.console"])

    assert clone.description == auditor.description
    assert "infrastructure.view" not in clone.permissions, "it means nothing below the root"
    assert set(Role.objects.get(code="auditor").permissions) == BUILT_IN["auditor"].permissions


def test_built_in_roles_stay_as_they_are() -> None:
    member = Role.objects.get(code="member")

    for change in (lambda: update_role(SYSTEM, role=member, name="x"), lambda: delete_role(SYSTEM, role=member)):
        with pytest.raises(Conflict, match="clone it"):
            change()


def test_a_role_that_is_granted_is_deleted_only_with_force(branch: Domain, admin: Actor) -> None:
    role = create_role(admin, domain=branch, name="Helper", permissions=["compute.view"])
    person = factories.user("reader")
    grant_role(admin, user=person, role=role, on=branch)

    with pytest.raises(Conflict, match="granted 1 time") as refusal:
        delete_role(admin, role=role)
    delete_role(admin, role=role, force=True)

    assert refusal.value.details == {"grants": 1}
    assert not Grant.objects.filter(user=person, domain=branch).exists()
    assert not actor_of(person).may("compute.view", branch)


def test_roles_are_seen_and_granted_at_and_below_their_domain(branch: Domain, admin: Actor) -> None:
    below = create_domain(SYSTEM, name="below", parent=branch)
    beside = factories.account().domain
    role = create_role(admin, domain=branch, name="Helper", permissions=["compute.view"])

    def sees(on: Domain) -> bool:
        return role in selectors.roles(actor_of(factories.user("domain_admin", on=on)))

    assert (sees(branch), sees(below), sees(beside)) == (True, True, False)
    member = actor_of(factories.user("member", of=create_account(SYSTEM, domain=below, name="m")))
    assert role not in selectors.roles(member)
    owner = actor_of(factories.user("account_owner", of=create_account(SYSTEM, domain=below, name="o")))
    assert role in selectors.roles(owner)
    with pytest.raises(InvalidInput, match="is not below it"):
        grant_role(SYSTEM, user=factories.user("reader"), role=role, on=beside)

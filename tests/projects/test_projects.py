"""Projects: accounts that several users share, reached by members and by who manages those of the owner."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from cloudportal.core.errors import InvalidInput, LimitExceeded, NotFound, PermissionDenied
from cloudportal.core.models import Event
from compute.services.ssh_keys import create_ssh_key
from tenants import selectors
from tenants.actor import SYSTEM, Actor, actor_of, reaches_of_group
from tenants.explain import explain
from tenants.limits.recount import drifts
from tenants.models import Account, Limit, Project, User
from tenants.services.accounts import create_account
from tenants.services.grants import grant_role, revoke_grant
from tenants.services.groups import add_member, create_group
from tenants.services.limits import set_account_limits
from tenants.services.projects import create_project, delete_project, update_project
from tenants.services.roles import create_role
from tenants.services.users import create_user
from tests import factories
from tests.authority.estate import PUBLIC_KEY
from tests.conftest import RunJobs
from tests.factories import Cloud
from tests.projects.people import member_of

pytestmark = pytest.mark.django_db


def test_a_project_is_an_account_of_its_owners_domain(home: Account, boss: User, project: Project) -> None:
    assert (project.account.name, project.account.domain, project.owner) == ("apollo", home.domain, home)
    assert project.uuid == project.account.uuid
    assert project.state == "Active"
    event = Event.objects.get(action="tenants.create_project")
    assert (event.actor_name, event.account_id) == (boss.username, project.account_id)
    assert list(selectors.projects(actor_of(boss))) == [project]


def test_who_manages_the_owners_projects_works_in_all_of_them(home: Account, boss: User, project: Project) -> None:
    owner = actor_of(boss)
    plain = actor_of(factories.user("member", of=home))

    key = create_ssh_key(owner, account=project.account, name="k", public_key=PUBLIC_KEY)
    assert owner.may("compute.manage", project.account)
    assert owner.may("roles.manage", project.account)
    assert not plain.may("compute.view", project.account)
    assert list(selectors.projects(plain)) == []
    with pytest.raises(NotFound):
        update_project(plain, project=project, name="mine")
    assert actor_of(factories.user("domain_admin", on=home.domain)).may("compute.manage", key.account)
    assert actor_of(factories.user("auditor", on=home.domain)).may("projects.view", project.account)


def test_a_role_counts_in_projects_only_if_it_manages_them(home: Account, project: Project) -> None:
    viewing = create_role(SYSTEM, domain=home.domain, name="v", permissions=["compute.view", "projects.view"])
    managing = create_role(SYSTEM, domain=home.domain, name="m", permissions=["storage.view", "projects.manage"])
    person = create_user(SYSTEM, account=home, username="p", password=factories.PASSWORD)
    grant_role(SYSTEM, user=person, role=viewing, on=home)
    grant_role(SYSTEM, user=person, role=managing, on=home)

    actor = actor_of(person)

    assert actor.may("storage.view", project.account)
    assert not actor.may("compute.view", project.account)
    assert actor.may("compute.view", home)
    managing.permissions = ["storage.view"]
    managing.save()
    assert not actor_of(person).may("storage.view", project.account)


@pytest.mark.parametrize("made_before", [True, False])
def test_two_roles_do_not_add_up_in_projects(home: Account, made_before: bool) -> None:
    """Whoever could grant them as one would get more in projects than they have."""
    apart = [["roles.view", "roles.manage", "compute.view", "compute.manage"], ["projects.manage"]]
    roles = [
        create_role(SYSTEM, domain=home.domain, name=f"r{number}", permissions=names)
        for number, names in enumerate([*apart, [*apart[0], *apart[1]]])
    ]
    person = create_user(SYSTEM, account=home, username="p", password=factories.PASSWORD)
    for role in roles[:2]:
        grant_role(SYSTEM, user=person, role=role, on=home)
    project = create_project(SYSTEM, owner=home, name="apollo") if made_before else None

    with pytest.raises(PermissionDenied, match="for the projects of"):
        grant_role(actor_of(person), user=person, role=roles[2], on=home)

    assert project is None or not actor_of(person).may("compute.view", project.account)
    boss = factories.user("account_owner", of=home)
    assert grant_role(actor_of(boss), user=person, role=roles[2], on=home)


def test_groups_reach_projects_in_the_same_manner(home: Account, project: Project) -> None:
    crew = create_group(SYSTEM, domain=home.domain, name="crew")
    person = create_user(SYSTEM, account=home, username="p", password=factories.PASSWORD)
    add_member(SYSTEM, group=crew, user=person)
    grant = grant_role(SYSTEM, group=crew, role="account_owner", on=home)

    assert project.account_id in reaches_of_group(crew)["compute.manage"].accounts
    assert actor_of(person).may("compute.manage", project.account)
    revoke_grant(SYSTEM, grant=grant)
    assert not actor_of(person).may("compute.view", project.account)


def test_explain_names_the_grant_on_the_owner(home: Account, boss: User, project: Project) -> None:
    found = explain(SYSTEM, user=boss, permission="compute.manage", on=project.account)

    assert [(str(because.grant.role), because.grant.place, because.inherited) for because in found.grants] == [
        ("Account owner", home, True)
    ]
    plain = factories.user("member", of=home)
    assert not explain(SYSTEM, user=plain, permission="compute.manage", on=project.account).grants


def test_members_use_a_project_and_admins_decide_who_else_does(project: Project) -> None:
    member, admin = actor_of(member_of(project)), actor_of(member_of(project, "project_admin"))

    create_ssh_key(member, account=project.account, name="k", public_key=PUBLIC_KEY)
    assert not member.may("compute.view", project.owner)
    with pytest.raises(PermissionDenied):
        update_project(member, project=project, name="mine")
    renamed = update_project(admin, project=project, name="gemini", description="")
    assert (renamed.account.name, renamed.description) == ("gemini", "")
    event = Event.objects.get(action="tenants.update_project")
    assert (event.before, event.after) == (
        {"name": "apollo", "description": "To the moon"},
        {"name": "gemini", "description": ""},
    )


@pytest.mark.parametrize("name", ["", "  ", "x" * 65])
def test_a_name_must_be_one(home: Account, boss: User, name: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        create_project(actor_of(boss), owner=home, name=name)

    assert list(refusal.value.errors) == ["name"]
    assert not Project.objects.exists()


def test_a_name_is_taken_once_in_a_domain(home: Account, boss: User, project: Project) -> None:
    with pytest.raises(InvalidInput) as refusal:
        create_project(actor_of(boss), owner=home, name="apollo")

    assert list(refusal.value.errors) == ["name"]
    assert Project.objects.count() == 1
    assert Account.objects.filter(name="apollo").count() == 1


def test_projects_of_others_can_not_be_made(home: Account) -> None:
    with pytest.raises(NotFound):
        create_project(factories.member(), owner=home, name="x")
    with pytest.raises(NotFound):
        create_project(actor_of(factories.user("member", of=home)), owner=home, name="x")


def test_a_project_owns_no_projects_and_nobody_belongs_to_it(boss: User, project: Project) -> None:
    with pytest.raises(InvalidInput) as refusal:
        create_project(actor_of(boss), owner=project.account, name="x")
    assert list(refusal.value.errors) == ["owner"]
    with pytest.raises(InvalidInput) as refusal:
        create_user(SYSTEM, account=project.account, username="x", password=factories.PASSWORD)
    assert list(refusal.value.errors) == ["account"]


def test_the_database_refuses_that_too(home: Account, boss: User, project: Project) -> None:
    spare = create_account(SYSTEM, domain=home.domain, name="spare")
    elsewhere = factories.account()

    def refused(**fields: Any) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            Project.objects.create(**fields)

    refused(account=spare, owner=project.account)
    refused(account=home, owner=spare)
    refused(account=spare, owner=spare)
    refused(account=elsewhere, owner=home)
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=boss.pk).update(account=project.account)
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create(username="x", account=project.account)


def test_projects_count_on_their_owner_and_are_given_back_once(home: Account, boss: User, run_jobs: RunJobs) -> None:
    set_account_limits(SYSTEM, account=home, limits={"projects": 2})
    first, _ = (create_project(actor_of(boss), owner=home, name=name) for name in ("a", "b"))

    with pytest.raises(LimitExceeded) as refusal:
        create_project(actor_of(boss), owner=home, name="c")
    assert refusal.value.details["resource"] == "projects"
    assert refusal.value.details["owner"]["name"] == home.name
    assert drifts() == []
    delete_project(actor_of(boss), project=first)
    run_jobs()

    assert Limit.objects.get(account=home, resource="projects").used == 1
    assert drifts() == []
    create_project(actor_of(boss), owner=home, name="a")


def test_a_project_has_limits_of_its_own(home: Account, boss: User, project: Project, cloud: Cloud) -> None:
    with pytest.raises(PermissionDenied):
        set_account_limits(actor_of(boss), account=project.account, limits={"instances": 5})
    set_account_limits(
        actor_of(factories.user("domain_admin", on=home.domain)), account=project.account, limits={"networks": 0}
    )
    owner = Actor(boss.username, boss.pk, project.account_id, actor_of(boss).reach)

    with pytest.raises(LimitExceeded):
        factories.network(owner, cloud.zone)

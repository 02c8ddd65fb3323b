"""Projects: accounts that several users share, and who may do what in them."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from cloudportal.core.errors import Conflict, InvalidInput, LimitExceeded, NotFound, PermissionDenied
from cloudportal.core.models import Event
from compute.models import Instance, SSHKey
from compute.services.instances import start_instance
from compute.services.ssh_keys import create_ssh_key
from tenants import selectors
from tenants.actor import SYSTEM, Actor, actor_of, reaches_of_group
from tenants.explain import explain
from tenants.limits.recount import drifts
from tenants.models import Account, Grant, Limit, Project, User
from tenants.services.accounts import create_account, delete_account, disable_account, enable_account, lock_account
from tenants.services.domains import delete_domain, suspend_domain
from tenants.services.grants import grant_role, revoke_grant
from tenants.services.groups import add_member, create_group
from tenants.services.jobs import cancel_job
from tenants.services.limits import set_account_limits
from tenants.services.project_members import change_member_role, leave_project, remove_member
from tenants.services.projects import activate_project, create_project, delete_project, suspend_project, update_project
from tenants.services.roles import create_role
from tenants.services.users import create_user
from tenants.standing import AccountDisabled, AccountLocked, DomainSuspended, ProjectSuspended
from tests import factories
from tests.authority.estate import PUBLIC_KEY
from tests.conftest import RunJobs
from tests.factories import Cloud

pytestmark = pytest.mark.django_db


@pytest.fixture
def home() -> Account:
    return factories.account()


@pytest.fixture
def boss(home: Account) -> User:
    return factories.user("account_owner", of=home)


@pytest.fixture
def project(home: Account, boss: User) -> Project:
    return create_project(actor_of(boss), owner=home, name="apollo", description="To the moon")


def member_of(project: Project, role: str = "project_member") -> User:
    return factories.user(role, on=project.account)


def state_of(project: Project) -> str:
    return Project.objects.select_related("account").get(pk=project.pk).state


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


def test_a_suspended_project_stands_still_and_is_seen(
    boss: User, project: Project, cloud: Cloud, run_jobs: RunJobs
) -> None:
    person = member_of(project)
    at_work = Actor(person.username, person.pk, project.account_id, actor_of(person).reach)
    instance = factories.instance(at_work, cloud)

    job = suspend_project(actor_of(boss), project=project)
    run_jobs()

    job.refresh_from_db()
    assert (job.state, state_of(project)) == ("succeeded", "Suspended")
    instance.refresh_from_db()
    assert instance.state == "Stopped"
    assert list(selectors.projects(actor_of(person))) == [project]
    for attempt in (
        lambda: start_instance(actor_of(person), instance=instance),
        lambda: create_ssh_key(actor_of(boss), account=project.account, name="k", public_key=PUBLIC_KEY),
    ):
        with pytest.raises(ProjectSuspended, match="apollo is suspended"):
            attempt()
    with pytest.raises(Conflict, match="is Suspended; to suspend it must be"):
        suspend_project(actor_of(boss), project=Project.objects.get(pk=project.pk))
    activate_project(actor_of(boss), project=Project.objects.get(pk=project.pk))
    start_instance(actor_of(person), instance=instance)


def test_what_concerns_a_project_as_a_whole_is_decided_on_its_owner(home: Account, project: Project) -> None:
    admin, stranger = actor_of(member_of(project, "project_admin")), factories.member()
    domain_admin = actor_of(factories.user("domain_admin", on=home.domain))

    for service in (suspend_project, activate_project, delete_project):
        with pytest.raises(PermissionDenied, match=f"decided on account {home}"):
            service(admin, project=project)
        with pytest.raises(NotFound):
            service(stranger, project=project)
    suspend_project(domain_admin, project=project)
    assert state_of(project) == "Suspended"


def test_projects_do_not_grow_while_their_owner_does_not(home: Account, boss: User, project: Project) -> None:
    member = actor_of(member_of(project))

    def refused(refusal: type[Conflict]) -> None:
        with pytest.raises(refusal):
            create_ssh_key(member, account=project.account, name="k", public_key=PUBLIC_KEY)
        with pytest.raises(refusal):
            create_project(actor_of(factories.user("account_owner", on=home)), owner=home, name="x")

    lock_account(SYSTEM, account=home)
    refused(AccountLocked)
    disable_account(SYSTEM, account=home)
    refused(AccountDisabled)
    enable_account(SYSTEM, account=home)
    suspend_domain(SYSTEM, domain=home.domain)
    refused(DomainSuspended)


def test_disabling_the_owner_stops_what_runs_in_its_projects(
    home: Account, boss: User, project: Project, cloud: Cloud, run_jobs: RunJobs
) -> None:
    owner = Actor(boss.username, boss.pk, project.account_id, actor_of(boss).reach)
    instance = factories.instance(owner, cloud)

    disable_account(SYSTEM, account=home)
    run_jobs()

    instance.refresh_from_db()
    assert (instance.state, state_of(project)) == ("Stopped", "Active")


def test_who_suspends_may_stop_that(home: Account, boss: User, project: Project) -> None:
    job = suspend_project(actor_of(boss), project=project)

    with pytest.raises((PermissionDenied, NotFound)):
        cancel_job(actor_of(member_of(project, "project_admin")), job=job)
    cancel_job(actor_of(boss), job=job)
    assert job.cancel_requested


def test_only_an_empty_project_goes_without_its_name(boss: User, project: Project, run_jobs: RunJobs) -> None:
    create_ssh_key(actor_of(boss), account=project.account, name="k", public_key=PUBLIC_KEY)
    person = member_of(project)

    with pytest.raises(Conflict, match="Project apollo has 1 SSH key"):
        delete_project(actor_of(boss), project=project)
    with pytest.raises(InvalidInput):
        delete_project(actor_of(boss), project=project, confirm="Apollo")
    job = delete_project(actor_of(boss), project=project, confirm="apollo")
    run_jobs()

    job.refresh_from_db()
    assert (job.state, job.error) == ("succeeded", "")
    assert selectors.jobs(actor_of(boss)).filter(pk=job.pk).exists(), "who waits for it sees how it ended"
    assert (state_of(project), SSHKey.objects.count()) == ("Removed", 0)
    assert list(selectors.projects(SYSTEM)) == []
    assert not Grant.objects.filter(account=project.account).exists()
    assert not actor_of(person).may("compute.view")
    assert not actor_of(boss).may("compute.view", project.account)


def test_an_account_goes_with_its_projects(home: Account, project: Project, run_jobs: RunJobs) -> None:
    with pytest.raises(Conflict, match="has 1 project, 1 user"):
        delete_account(SYSTEM, account=home)

    job = delete_account(SYSTEM, account=home, confirm=home.name)
    run_jobs()

    job.refresh_from_db()
    assert (job.state, state_of(project)) == ("succeeded", "Removed")
    assert drifts() == []


def test_a_domain_goes_with_projects(home: Account, project: Project, run_jobs: RunJobs) -> None:
    with pytest.raises(Conflict, match="has 1 account, 1 user, 1 project"):
        delete_domain(SYSTEM, domain=home.domain)

    job = delete_domain(SYSTEM, domain=home.domain, confirm=home.domain.name)
    run_jobs()

    job.refresh_from_db()
    assert (job.state, state_of(project)) == ("succeeded", "Removed")
    assert not Instance.objects.filter(account=project.account).exists()


def test_a_members_role_is_changed_in_one_step(project: Project) -> None:
    admin, person = actor_of(member_of(project, "project_admin")), member_of(project)
    member = selectors.project_members(admin).get(user=person)

    changed = change_member_role(admin, member=member, role="project_admin")

    assert (changed.uuid, changed.role.code) == (member.uuid, "project_admin")
    assert actor_of(person).may("projects.manage", project.account)
    event = Event.objects.get(action="tenants.change_member_role")
    assert (event.before, event.after) == ({"role": "Project member"}, {"role": "Project admin"})


def test_nobody_gives_or_takes_more_than_they_have(project: Project) -> None:
    admin = actor_of(member_of(project, "project_admin"))
    member, mighty = member_of(project), member_of(project, "account_owner")

    for attempt in (
        lambda: change_member_role(
            admin, member=selectors.project_members(admin).get(user=member), role="account_owner"
        ),
        lambda: change_member_role(
            admin, member=selectors.project_members(admin).get(user=mighty), role="project_member"
        ),
        lambda: remove_member(admin, member=selectors.project_members(admin).get(user=mighty)),
        lambda: remove_member(actor_of(member), member=selectors.project_members(admin).get(user=member)),
    ):
        with pytest.raises(PermissionDenied):
            attempt()
    with pytest.raises(NotFound):
        remove_member(factories.member(), member=selectors.project_members(admin).get(user=member))
    assert Grant.objects.filter(account=project.account).count() == 3


def test_who_is_removed_is_out_at_once(project: Project) -> None:
    admin, person = actor_of(member_of(project, "project_admin")), member_of(project)

    remove_member(admin, member=selectors.project_members(admin).get(user=person))

    assert not actor_of(person).may("compute.view")
    assert Event.objects.filter(action="tenants.remove_project_member", account_id=project.account_id).exists()


def test_everybody_may_leave_even_the_last_admin(boss: User, project: Project) -> None:
    admin = member_of(project, "project_admin")

    leave_project(actor_of(admin), project=project)

    assert not actor_of(admin).may("compute.view")
    with pytest.raises(Conflict, match="no role of your own"):
        leave_project(actor_of(boss), project=project)
    assert actor_of(boss).may("projects.manage", project.account)

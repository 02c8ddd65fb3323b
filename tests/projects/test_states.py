"""Projects are suspended, stand still with their owner, and are removed."""

from __future__ import annotations

import pytest

from cloudportal.core.errors import Conflict, InvalidInput, NotFound, PermissionDenied
from compute.models import Instance, SSHKey
from compute.services.instances import start_instance
from compute.services.ssh_keys import create_ssh_key
from tenants import selectors
from tenants.actor import SYSTEM, Actor, actor_of
from tenants.limits.recount import drifts
from tenants.models import Account, Grant, Project, User
from tenants.services.accounts import delete_account, disable_account, enable_account, lock_account
from tenants.services.domains import delete_domain, suspend_domain
from tenants.services.jobs import cancel_job
from tenants.services.projects import activate_project, create_project, delete_project, suspend_project
from tenants.standing import AccountDisabled, AccountLocked, DomainSuspended, ProjectSuspended
from tests import factories
from tests.authority.estate import PUBLIC_KEY
from tests.conftest import RunJobs
from tests.factories import Cloud
from tests.projects.people import member_of, state_of

pytestmark = pytest.mark.django_db


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

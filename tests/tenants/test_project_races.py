"""Projects and invitations from many sides at once, and workers that die while a project goes."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from cloudportal.core.errors import Conflict, LimitExceeded, NotFound
from cloudportal.jobs.models import Job
from compute.models import SSHKey
from compute.services.ssh_keys import create_ssh_key
from tenants.actor import SYSTEM, Actor, actor_of
from tenants.limits.recount import drifts
from tenants.models import Account, Grant, Limit, OutgoingMail, Project, ProjectInvitation, User
from tenants.services import project_invitations
from tenants.services.accounts import delete_account
from tenants.services.limits import set_account_limits
from tenants.services.project_invitations import (
    accept_invitation,
    decline_invitation,
    invite_to_project,
    revoke_invitation,
)
from tenants.services.project_members import change_member_role, remove_member
from tenants.services.projects import create_project, delete_project
from tenants.workflows import DELETE_ACCOUNT
from tests import factories
from tests.authority.estate import PUBLIC_KEY
from tests.conftest import RunJobs
from tests.crashes import crash_points, dying_at
from tests.factories import Cloud
from tests.invariants import assert_nothing_left_over
from tests.tenants.test_races import together
from tests.threads import at_once

ADDRESS = "ann@example.org"
at_the_same_time = pytest.mark.django_db(transaction=True)


def project_of(home: Account) -> Project:
    return create_project(SYSTEM, owner=home, name=factories.unique("project"))


def ann() -> User:
    person = factories.user("member")
    User.objects.filter(pk=person.pk).update(email=ADDRESS)
    return person


def invited(project: Project) -> tuple[Callable[[], ProjectInvitation], str]:
    """An invitation, as each thread reads it for itself, and its token."""
    made = invite_to_project(SYSTEM, project=project, email=ADDRESS, link_to=lambda token: f"/invitations/{token}/")
    found = re.search(r"/invitations/([\w-]+)/", OutgoingMail.objects.latest("id").body)
    assert found
    rows = ProjectInvitation.objects.select_related("project__account__domain", "project__owner", "role")
    return (lambda: rows.get(pk=made.pk)), found[1]


@at_the_same_time
def test_a_limit_of_projects_is_never_passed() -> None:
    home = factories.account()
    boss = factories.user("account_owner", of=home)
    set_account_limits(SYSTEM, account=home, limits={"projects": 5})

    def make(number: int) -> str:
        try:
            create_project(actor_of(boss), owner=Account.objects.get(pk=home.pk), name=f"p{number}")
        except LimitExceeded:
            return "refused"
        return "made"

    assert at_once(make, 24) == {"made": 5, "refused": 19}
    assert Project.objects.filter(owner=home).count() == 5
    assert Account.objects.filter(project__owner=home).count() == 5
    assert drifts() == []


@at_the_same_time
def test_accepting_at_once_is_one_grant() -> None:
    project, person = project_of(factories.account()), ann()
    invitation, token = invited(project)

    def accept(_number: int) -> str:
        try:
            accept_invitation(actor_of(person), invitation=invitation(), token=token)
        except Conflict:
            return "refused"
        return "accepted"

    assert at_once(accept, 12) == {"accepted": 1, "refused": 11}
    assert Grant.objects.filter(account=project.account, user=person).count() == 1


@at_the_same_time
def test_of_different_answers_one_holds() -> None:
    project, person = project_of(factories.account()), ann()
    for _ in range(5):
        invitation, token = invited(project)

        answers = together(
            lambda: accept_invitation(actor_of(person), invitation=invitation(), token=token),  # noqa: B023 - joined
            lambda: decline_invitation(actor_of(person), invitation=invitation(), token=token),  # noqa: B023
            lambda: revoke_invitation(SYSTEM, invitation=invitation()),  # noqa: B023
        )

        assert sum(isinstance(answer, ProjectInvitation) for answer in answers) == 1
        joined = Grant.objects.filter(account=project.account, user=person)
        assert joined.exists() == (invitation().state == "Accepted")
        for grant in joined:
            remove_member(SYSTEM, member=grant)


@at_the_same_time
def test_only_so_many_are_invited_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(project_invitations, "MOST_PENDING", 3)
    project = project_of(factories.account())

    def ask(number: int) -> str:
        try:
            invite_to_project(SYSTEM, project=project, email=f"{number}@example.org", link_to=str)
        except LimitExceeded:
            return "refused"
        return "sent"

    assert at_once(ask, 12) == {"sent": 3, "refused": 9}
    assert OutgoingMail.objects.count() == 3


@at_the_same_time
def test_whoever_joins_while_the_project_goes_is_not_left_in_it(run_jobs: RunJobs) -> None:
    for _ in range(5):
        home, person = factories.account(), ann()
        project = project_of(home)
        invitation, token = invited(project)

        together(
            lambda: accept_invitation(actor_of(person), invitation=invitation(), token=token),  # noqa: B023 - joined
            lambda: delete_project(SYSTEM, project=project),  # noqa: B023
        )
        run_jobs()

        assert not Grant.objects.filter(account=project.account).exists()
        assert invitation().state in {"Accepted", "Revoked"}
        assert drifts() == []
        person.delete()


@at_the_same_time
def test_a_project_that_is_made_while_its_owner_goes_goes_too(run_jobs: RunJobs) -> None:
    for _ in range(5):
        home = factories.account()

        together(
            lambda: create_project(SYSTEM, owner=Account.objects.get(pk=home.pk), name="late"),  # noqa: B023 - joined
            lambda: delete_account(SYSTEM, account=home, confirm=home.name),  # noqa: B023
        )
        run_jobs()

        home.refresh_from_db()
        assert home.state == "Removed"
        assert not Project.objects.filter(owner=home, removed_at=None).exists()
        assert drifts() == []


@at_the_same_time
def test_a_role_changed_while_it_is_taken_away_is_one_or_none() -> None:
    project = project_of(factories.account())
    person = factories.user("project_member", on=project.account)

    def member() -> Grant:
        return Grant.objects.select_related("role", "user", "account__domain").get(account=project.account)

    mine = member()
    together(
        lambda: change_member_role(SYSTEM, member=mine, role="project_admin"),
        lambda: change_member_role(SYSTEM, member=mine, role="reader"),
        lambda: remove_member(SYSTEM, member=mine),
    )

    assert Grant.objects.filter(account=project.account, user=person).count() <= 1


def furnished(cloud: Cloud) -> Project:
    """A project with something in it, somebody, and somebody who is asked."""
    project = project_of(factories.account())
    boss = factories.user("account_owner", of=project.owner)
    owner = Actor(boss.username, boss.pk, project.account_id, actor_of(boss).reach)
    factories.instance(owner, cloud)
    create_ssh_key(owner, account=project.account, name="k", public_key=PUBLIC_KEY)
    factories.user("project_member", on=project.account)
    invited(project)
    return project


@pytest.mark.django_db
@pytest.mark.parametrize("point", crash_points(DELETE_ACCOUNT))
def test_a_crash_anywhere_still_removes_the_project_once(point: str, cloud: Cloud, run_jobs: RunJobs) -> None:
    project = furnished(cloud)
    with dying_at(point) as deaths:
        delete_project(SYSTEM, project=project, confirm=project.name)
        run_jobs()

    assert deaths
    assert_nothing_left_over(cloud)
    project.refresh_from_db()
    assert project.removed_at is not None
    assert Account.objects.get(pk=project.account_id).state == "Removed"
    assert Limit.objects.get(account=project.owner, resource="projects").used == 0
    assert not Grant.objects.filter(account=project.account).exists()
    assert not SSHKey.objects.filter(account=project.account).exists()
    assert set(ProjectInvitation.objects.values_list("state", flat=True)) == {"Revoked"}


@pytest.mark.django_db
@pytest.mark.parametrize("point", crash_points(DELETE_ACCOUNT))
def test_a_crash_anywhere_still_removes_an_account_with_its_project(
    point: str, cloud: Cloud, run_jobs: RunJobs
) -> None:
    project = furnished(cloud)
    with dying_at(point, times=2) as deaths:
        delete_account(SYSTEM, account=project.owner, confirm=project.owner.name)
        run_jobs()

    assert deaths
    assert_nothing_left_over(cloud)
    states = Account.objects.filter(pk__in=[project.account_id, project.owner_id]).values_list("state", flat=True)
    assert set(states) == {"Removed"}
    assert not Job.objects.filter(state__in=["queued", "running", "waiting"]).exists()


@pytest.mark.django_db
def test_a_project_that_is_gone_is_deleted_no_more(cloud: Cloud, run_jobs: RunJobs) -> None:
    project = project_of(factories.account())
    delete_project(SYSTEM, project=project)
    with pytest.raises(Conflict):
        delete_project(SYSTEM, project=project)
    run_jobs()

    with pytest.raises((Conflict, NotFound)):
        delete_project(SYSTEM, project=project)

"""Who uses a project, and who decides that."""

from __future__ import annotations

import pytest

from cloudportal.core.errors import Conflict, NotFound, PermissionDenied
from cloudportal.core.models import Event
from tenants import selectors
from tenants.actor import actor_of
from tenants.models import Grant, Project, User
from tenants.services.project_members import change_member_role, leave_project, remove_member
from tests import factories
from tests.projects.people import member_of

pytestmark = pytest.mark.django_db


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

"""Removing an account with everything that it holds."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import QuerySet
from django.db.models.functions import Now

from cloudportal.core import events
from cloudportal.core.errors import Conflict
from cloudportal.jobs import services as jobs
from cloudportal.jobs.models import Job
from cloudportal.jobs.run import Run
from cloudportal.jobs.trail import Originator
from cloudportal.jobs.workflow import Wait, Workflow
from tenants import limits
from tenants.access import access_changed
from tenants.holdings import HOLDINGS, Holding, contents, in_words
from tenants.locks import keeping_a_root_admin
from tenants.models import (
    Account,
    AccountGroupObjectPermission,
    AccountUserObjectPermission,
    Project,
    ProjectInvitation,
    User,
)
from tenants.sharing import end_shares_with
from tenants.states import ACCOUNT, INVITATION
from tenants.workflows.emptying import bring_to_end

DELETE_ACCOUNT = Workflow("tenancy.delete_account", "Delete account", move=ACCOUNT.delete)


@DELETE_ACCOUNT.step("Remove what it holds", deadline_seconds=24 * 3600)
def remove_holdings(run: Run[Account]) -> Wait | None:
    for holding in HOLDINGS:
        if wait := bring_to_end(run, holding.rows([run.resource.pk]), holding.remove, f"Removing {holding.noun}"):
            return wait
    return None


@DELETE_ACCOUNT.finish
def forget(run: Run[Account]) -> None:
    """Users, and what was granted on it, go for good; the row stays, for usage and events."""
    account = run.resource
    _end_project(account)
    if left := contents([account.pk]):
        raise Conflict(f"Account {account} has {in_words(left)} again.")
    with keeping_a_root_admin():
        for user in User.objects.filter(account=account):
            events.record(Originator(run.job), "tenants.delete_user", f"User {user} deleted.", resource=user)
        User.objects.filter(account=account).delete()
    end_shares_with(account)
    for table in (AccountUserObjectPermission, AccountGroupObjectPermission):
        table.objects.filter(content_object=account).delete()
    Account.objects.filter(pk=account.pk).update(removed_at=Now())
    access_changed()


def _end_project(account: Account) -> None:
    """If the account is a project's: nobody can join it any more, and its owner may have another."""
    ProjectInvitation.objects.filter(project__account=account, state="Pending").update(state=INVITATION.revoke.done)
    project = Project.objects.filter(account=account, removed_at=None).first()
    # Guarded, so that it is given back once.
    if project is not None and Project.objects.filter(pk=project.pk, removed_at=None).update(removed_at=Now()):
        limits.release(project.owner_id, projects=1)


def projects(accounts: Collection[int]) -> QuerySet[Project]:
    return Project.objects.filter(owner__in=accounts, removed_at=None).select_related("account")


def remove_project(project: Project, parent: Job) -> None:
    title = f"Delete project {project}"
    jobs.start(Originator(parent), DELETE_ACCOUNT, project.account, parent=parent, title=title)


Holding("projects", 5, "projects", Project, projects, remove_project)

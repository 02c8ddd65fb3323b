"""Removing a domain with everything that is in it and below it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group as AuthGroup
from django.db.models import QuerySet
from django.db.models.functions import Now

from cloudportal.core import events
from cloudportal.core.errors import Conflict
from cloudportal.jobs import services as jobs
from cloudportal.jobs.models import Job
from cloudportal.jobs.run import Run
from cloudportal.jobs.trail import Originator
from cloudportal.jobs.workflow import Wait, Workflow
from tenants.access import access_changed
from tenants.locks import lock_tree
from tenants.models import (
    Account,
    Domain,
    DomainGroupObjectPermission,
    DomainUserObjectPermission,
    Group,
    Role,
)
from tenants.roles import remove_role
from tenants.states import DOMAIN
from tenants.workflows.delete_account import DELETE_ACCOUNT
from tenants.workflows.emptying import bring_to_end

DELETE_DOMAIN = Workflow("tenancy.delete_domain", "Delete domain", move=DOMAIN.delete)


@DELETE_DOMAIN.step("Delete the accounts in it", deadline_seconds=3 * 24 * 3600)
def delete_accounts(run: Run[Domain]) -> Wait | None:
    # Projects go with the accounts that own them.
    owners = accounts_in(run.resource).filter(project=None)
    return bring_to_end(run, owners, _delete_account, "Deleting accounts")


def _delete_account(account: Account, parent: Job) -> None:
    jobs.start(Originator(parent), DELETE_ACCOUNT, account, parent=parent)


@DELETE_DOMAIN.finish
def forget(run: Run[Domain]) -> None:
    """Its roles, groups and grants go for good; the rows of the domains stay, for usage and events."""
    lock_tree()
    domain = run.refresh()
    if accounts_in(domain).exists():
        raise Conflict(f"Domain {domain} has accounts again.")
    branch = Domain.objects.filter(path__startswith=domain.path, removed_at=None)
    for table in (DomainUserObjectPermission, DomainGroupObjectPermission):
        table.objects.filter(content_object__in=branch).delete()
    _forget_groups(branch)
    for role in Role.objects.filter(domain__in=branch):
        remove_role(role)
    events.record(Originator(run.job), "tenants.domain_deleted", f"Domain {domain} deleted.", resource=domain)
    branch.update(state="Removed", removed_at=Now())
    access_changed()


def _forget_groups(branch: QuerySet[Domain]) -> None:
    groups = Group.objects.filter(domain__in=branch)
    auth: list[Any] = list(groups.values_list("auth", flat=True))
    groups.delete()
    AuthGroup.objects.filter(pk__in=auth).delete()


def accounts_in(domain: Domain) -> QuerySet[Account]:
    """Accounts of a domain and of those below it."""
    return Account.objects.filter(domain__path__startswith=domain.path, removed_at=None)

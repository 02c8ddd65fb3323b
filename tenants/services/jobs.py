"""Cancelling jobs: it takes what starting them took."""

from __future__ import annotations

from cloudportal.jobs import services
from cloudportal.jobs.models import Job
from tenants.actor import NOWHERE, Actor
from tenants.models import Account, Project
from tenants.permissions import PERMISSIONS

OF_THE_CLOUD = "infrastructure.manage"


def cancel_job(actor: Actor, *, job: Job) -> Job:
    """Ask a job to stop; what it made so far is taken back.

    Raises:
        NotFound, PermissionDenied: the actor may not change what the job changes.
        Conflict: it is over, is being taken back already, or is of a kind that can't be cancelled.
    """
    permission, account = _needed(job)
    if account is None:
        actor.require_everywhere(OF_THE_CLOUD)
    else:
        actor.require(permission, account, even_locked=True)
    return services.cancel(actor, job)


def may_cancel(actor: Actor, job: Job) -> bool:
    """Whether cancelling may be offered: the actor may do it, and it may help."""
    if not services.is_cancellable(job):
        return False
    permission, account = _needed(job)
    if account is None:
        return actor.reach.get(OF_THE_CLOUD, NOWHERE).everywhere
    return actor.may(permission, account)


def _needed(job: Job) -> tuple[str, Account | None]:
    """What cancelling takes, and on which account. What is done to a whole project is decided on its owner."""
    if job.resource_type == Account._meta.label_lower:
        project = Project.objects.select_related("owner__domain").filter(account=job.resource_id).first()
        if project is not None:
            return "projects.manage", project.owner
    return _permission(job), _account(job)


def _permission(job: Job) -> str:
    """Job kinds begin with the area that they belong to, as permissions do."""
    permission = f"{job.kind.partition('.')[0]}.manage"
    return permission if permission in PERMISSIONS else OF_THE_CLOUD


def _account(job: Job) -> Account | None:
    return Account.objects.select_related("domain").filter(pk=job.account_id).first() if job.account_id else None

"""Projects: create, rename, suspend, activate, delete.

A project's people rename it and invite into it. What concerns it as a whole is decided on the account that owns it, or
above: a role on the project itself is not enough.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from cloudportal.core import events
from cloudportal.core.errors import NotFound, PermissionDenied
from cloudportal.core.lifecycle import Move
from cloudportal.core.writing import insert, update
from cloudportal.jobs import services as jobs
from cloudportal.jobs.models import Job
from tenants import limits
from tenants.access import access_changed
from tenants.actor import Actor
from tenants.holdings import contents
from tenants.locks import locked, share_tree
from tenants.models import Account, Project
from tenants.names import given_name, refuse_project
from tenants.services.accounts import refuse_unconfirmed
from tenants.standing import refuse_growth, refuse_removal
from tenants.states import ACCOUNT, PROJECT
from tenants.tagging import checked_tags
from tenants.workflows import DELETE_ACCOUNT, STOP_ACCOUNT


def create_project(
    actor: Actor, *, owner: Account, name: str, description: str = "", tags: Mapping[str, str] | None = None
) -> Project:
    """Make a project of an account, for whose managers it is there at once.

    Raises:
        NotFound, PermissionDenied: the actor does not manage the account's projects.
        InvalidInput: the name is empty or taken in the domain, a tag is malformed, or the owner is a project itself.
        LimitExceeded: the account, or a domain above it, may not have another project.
        AccountLocked, AccountDisabled, DomainSuspended: the account may not grow.
    """
    actor.require("projects.manage", owner)
    refuse_project(owner, "owner", "A project owns no projects: choose the account that it belongs to.")
    name = given_name("A project", name)
    values = {"description": description, "tags": checked_tags(tags or {})}
    with transaction.atomic():
        share_tree()
        owner = locked(owner)
        # Under the lock that its removal takes too.
        refuse_growth(owner)
        refuse_removal(owner.domain)
        account = insert(Account(domain=owner.domain, name=name))
        project = insert(Project(uuid=account.uuid, account=account, owner=owner, **values))
        limits.reserve(owner, by=actor, projects=1)
        events.record(actor, "tenants.create_project", f"Project {project} of {owner} created.", resource=project)
        access_changed()
    return project


def update_project(actor: Actor, *, project: Project, **changes: Any) -> Project:
    """Change name or description.

    Raises:
        NotFound, PermissionDenied: the actor does not manage the project.
        InvalidInput: the name is empty or taken in the domain.
        ProjectSuspended, AccountLocked, AccountDisabled, DomainSuspended: nothing of the project may be changed.
    """
    actor.require("projects.manage", project.account)
    before = {"name": project.name, "description": project.description}
    with transaction.atomic():
        if "name" in changes:
            update(project.account, name=given_name("A project", changes.pop("name")))
        if changes:
            update(project, **changes)
        after = {"name": project.name, "description": project.description}
        events.record(
            actor, "tenants.update_project", f"Project {project} changed.", resource=project,
            before={name: value for name, value in before.items() if after[name] != value},
            after={name: value for name, value in after.items() if before[name] != value},
        )  # fmt: skip
        jobs.announce_resource(project.account)
    return project


def suspend_project(actor: Actor, *, project: Project) -> Job:
    """Let nothing of a project be created or changed, and stop what it has running, by a job. Its members still see it.

    Raises:
        NotFound, PermissionDenied: the actor does not manage the projects of the owner.
        Conflict: it is suspended already or being removed, or a job of it is under way.
    """
    require_on_owner(actor, project)
    with transaction.atomic():
        _set_state(actor, project, PROJECT.suspend, ACCOUNT.disable)
        return jobs.start(actor, STOP_ACCOUNT, project.account, title=f"Stop everything of project {project}")


def activate_project(actor: Actor, *, project: Project) -> Project:
    """End a suspension; what was stopped stays stopped.

    Raises:
        NotFound, PermissionDenied: the actor does not manage the projects of the owner.
        Conflict: it is active already, or being removed.
    """
    require_on_owner(actor, project)
    with transaction.atomic():
        _set_state(actor, project, PROJECT.activate, ACCOUNT.enable)
    return project


def delete_project(actor: Actor, *, project: Project, confirm: str = "") -> Job:
    """Remove a project: an empty one at once, one that holds something with all of it, if `confirm` is its name.

    Raises:
        NotFound, PermissionDenied: the actor does not manage the projects of the owner.
        InvalidInput: the confirmation is not the project's name.
        Conflict: it holds something and nothing was confirmed, or is being changed.
    """
    require_on_owner(actor, project)
    refuse_unconfirmed(f"Project {project}", project.name, confirm, contents([project.account_id]))
    with transaction.atomic():
        job = jobs.start(actor, DELETE_ACCOUNT, project.account, title=f"Delete project {project}")
        # Who waits for it to be gone may see nothing of the project any more then.
        Job.objects.filter(pk=job.pk).update(account_id=project.owner_id)
        jobs.announce_resource(project.account)
    return job


def require_on_owner(actor: Actor, project: Project) -> None:
    """Insist that the actor decides about a project as a whole, in whatever state it is.

    Raises:
        NotFound: it does not see the project.
        PermissionDenied: it does not manage the projects of the account that owns it.
    """
    if actor.may("projects.manage", project.owner):
        return
    if not actor.may("projects.view", project.account):
        raise NotFound
    raise PermissionDenied(f"That is decided on account {project.owner}, by who manages its projects.")


def _set_state(actor: Actor, project: Project, move: Move, of_account: Move) -> None:
    before = project.state
    if before not in move.start:
        raise move.refusal(project)
    of_account.begin(project.account)
    of_account.settle(project.account, succeeded=True)
    events.record(
        actor, f"tenants.{move.name}_project", f"Project {project} is {project.state} now.", resource=project,
        before={"state": before}, after={"state": project.state},
    )  # fmt: skip
    jobs.announce_resource(project.account)

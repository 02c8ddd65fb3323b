"""Starting, cancelling and retrying jobs."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction

from cloudportal.core import events, origin
from cloudportal.core.errors import Conflict
from cloudportal.core.models import Event
from cloudportal.jobs.delivery import deliver
from cloudportal.jobs.models import Job, JobStep
from cloudportal.jobs.models.job import ACTIVE
from cloudportal.jobs.run import announce_job
from cloudportal.jobs.workflow import WORKFLOWS, Workflow


def start(
    actor: events.Who,
    workflow: Workflow,
    resource: Any = None,
    *,
    parent: Job | None = None,
    title: str = "",
    **args: Any,
) -> Job:
    """Take the resource into the workflow's move and put the job on its way: one transaction.

    Raises:
        Conflict: the resource's state does not allow it, or another job is changing the resource; names that job.
    """
    with transaction.atomic():
        if resource is not None:
            # The job before the move: its unique index makes the second of two wait here and then see the first.
            job = _create_for(actor, workflow, resource, parent, title, args)
            if workflow.move is not None:
                workflow.move.begin(resource)
        else:
            job = _create(actor, workflow, None, parent, title, args)
        _add_steps(job, workflow)
        deliver(job)
        announce_job(job)
        if resource is not None and parent is None and not workflow.quiet:
            events.record(
                actor,
                f"{workflow.kind}.requested",
                f"{job.title}: requested.",
                resource=resource,
                job_uuid=job.uuid,
                outcome=Event.Outcome.STARTED,
            )
    return job


def start_once(actor: events.Who, workflow: Workflow, key: str, **args: Any) -> Job | None:
    """Start a job without resource unless one with that key was ever started; None when there was."""
    with transaction.atomic():
        job = _new(actor, workflow, None, None, "", args)
        job.idempotency_key = key
        if not Job.objects.bulk_create([job], ignore_conflicts=True) or not (
            stored := Job.objects.filter(idempotency_key=key, uuid=job.uuid).first()
        ):
            return None
        _add_steps(stored, workflow)
        deliver(stored)
    return stored


def cancel(actor: events.Who, job: Job) -> Job:
    """Ask a job to stop; what it made so far is taken back.

    Raises:
        Conflict: it is over, is being taken back already, or is of a kind that can't be cancelled.
    """
    rows = Job.objects.filter(pk=job.pk, state__in=ACTIVE, direction=Job.Direction.DO)
    with transaction.atomic():
        if not is_cancellable(job) or not rows.update(cancel_requested=True):
            job.refresh_from_db()
            raise Conflict(f"“{job.title}” can't be cancelled any more: it is {job.state}.", state=job.state)
        events.record(
            actor, "jobs.cancel", f"{job.title}: cancellation requested.", account_id=job.account_id, job_uuid=job.uuid
        )
        announce_job(job)
    job.refresh_from_db()
    return job


def is_cancellable(job: Job) -> bool:
    """Whether asking may help: the kind allows it and the job goes forward."""
    workflow = WORKFLOWS.get(job.kind)
    return bool(workflow and workflow.cancellable and not job.is_over and job.direction == Job.Direction.DO)


def _create_for(actor: events.Who, workflow: Workflow, resource: Any, parent: Job | None, title: str, args: Any) -> Job:
    try:
        with transaction.atomic():
            return _create(actor, workflow, resource, parent, title, args)
    except IntegrityError:
        other = active_job_of(resource)
        if other is None:
            raise Conflict(f"{resource} was being changed; try again.") from None
        raise Conflict(
            f"“{other.title}” is under way for {resource}; wait until it is over.", job=str(other.uuid)
        ) from None


def active_job_of(resource: Any) -> Job | None:
    """The job that is changing a resource now."""
    return Job.objects.filter(
        resource_type=resource._meta.label_lower, resource_id=resource.pk, state__in=ACTIVE
    ).first()


def _create(actor: events.Who, workflow: Workflow, resource: Any, parent: Job | None, title: str, args: Any) -> Job:
    job = _new(actor, workflow, resource, parent, title, args)
    job.save(force_insert=True)
    return job


def _new(actor: events.Who, workflow: Workflow, resource: Any, parent: Job | None, title: str, args: Any) -> Job:
    return Job(
        kind=workflow.kind,
        title=title or (f"{workflow.title} {resource}" if resource is not None else workflow.title),
        account_id=getattr(resource, "account_id", None) or (parent.account_id if parent else None),
        actor_id=actor.user_id,
        actor_name=actor.name,
        resource_type=resource._meta.label_lower if resource is not None else "",
        resource_id=resource.pk if resource is not None else None,
        resource_uuid=resource.uuid if resource is not None else None,
        resource_name=str(resource) if resource is not None else "",
        parent=parent,
        args=args,
        queue=workflow.queue,
        priority=workflow.priority,
        request_id=origin.current().request_id,
        origin=origin.current().as_json(),
    )


def _add_steps(job: Job, workflow: Workflow) -> None:
    JobStep.objects.bulk_create(
        JobStep(job=job, position=position, name=step.name, title=step.title)
        for position, step in enumerate(workflow.steps)
    )


def announce_resource(resource: Any) -> None:
    """Tell the browsers that a resource changed without a job."""
    events.announce("resource", account=resource.account_id, type=resource._meta.label_lower, resource=resource.uuid)

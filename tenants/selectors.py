"""Reading tenancy."""

from __future__ import annotations

from django.db.models import QuerySet

from cloudportal.core.models import Event
from cloudportal.jobs import selectors as job_selectors
from cloudportal.jobs.models import Job
from tenants.actor import Actor
from tenants.models import Account, ApiKey


def accounts(actor: Actor) -> QuerySet[Account]:
    return actor.accounts("tenancy.view")


def api_keys(actor: Actor) -> QuerySet[ApiKey]:
    """The actor's own."""
    return ApiKey.objects.filter(user_id=actor.user_id)


def jobs(actor: Actor) -> QuerySet[Job]:
    """Jobs on what the actor may see; jobs of the cloud itself belong to its operators."""
    return job_selectors.jobs(actor.scope("jobs.view", field="account"))


def events(actor: Actor) -> QuerySet[Event]:
    return Event.objects.filter(actor.scope("jobs.view", field="account"))

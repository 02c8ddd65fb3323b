"""Reading tenancy."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from cloudportal.core.models import Event
from cloudportal.jobs import selectors as job_selectors
from cloudportal.jobs.models import Job
from tenants.actor import NOWHERE, Actor, below
from tenants.models import Account, ApiKey, Domain, User, Webhook, WebhookDelivery


def accounts(actor: Actor) -> QuerySet[Account]:
    return actor.accounts("tenancy.view")


def domains(actor: Actor) -> QuerySet[Domain]:
    """Domains below those where the actor sees the tenancy."""
    return Domain.objects.filter(below(actor.reach.get("tenancy.view", NOWHERE).paths, "path"))


def users(actor: Actor) -> QuerySet[User]:
    """Users of the accounts whose tenancy the actor sees, and always the actor."""
    rows = User.objects.filter(actor.scope("tenancy.view") | Q(pk=actor.user_id))
    return rows.select_related("account__domain")


def api_keys(actor: Actor) -> QuerySet[ApiKey]:
    """The actor's own."""
    return ApiKey.objects.filter(Q(user=actor.user_id))


def jobs(actor: Actor) -> QuerySet[Job]:
    """Jobs on what the actor may see; jobs of the cloud itself belong to its operators."""
    return job_selectors.jobs(actor.scope("jobs.view", field="account"))


def events(actor: Actor) -> QuerySet[Event]:
    return Event.objects.filter(actor.scope("jobs.view", field="account"))


def sees_origins(actor: Actor) -> bool:
    """Whether the actor is shown addresses, keys and sessions: only if that is granted wherever it sees events."""
    events, origins = actor.reach.get("jobs.view", NOWHERE), actor.reach.get("audit.view", NOWHERE)
    return origins != NOWHERE and (origins.everywhere or origins == events)


def events_to_export(actor: Actor) -> QuerySet[Event]:
    """The events that the actor may take away."""
    return events(actor).filter(actor.scope("audit.export", field="account"))


def accounts_with_webhooks(actor: Actor) -> QuerySet[Account]:
    """The accounts for which the actor may make webhooks."""
    return actor.accounts("webhooks.manage")


def webhooks(actor: Actor) -> QuerySet[Webhook]:
    """Webhooks of accounts and domains where the actor may see them."""
    reach = actor.reach.get("webhooks.view", NOWHERE)
    of_domains = Q(domain__isnull=False) & below(reach.paths, "domain__path")
    of_accounts = Q(account__isnull=False) & actor.scope("webhooks.view", field="account")
    return Webhook.objects.filter(of_accounts | of_domains).select_related("account__domain", "domain")


def webhook_deliveries(actor: Actor) -> QuerySet[WebhookDelivery]:
    """What was or will be posted by webhooks that the actor may see."""
    found = webhooks(actor).order_by().select_related(None).values("pk")
    return WebhookDelivery.objects.filter(webhook__in=found).select_related(
        "webhook__account__domain", "webhook__domain"
    )


def users_to_act_for(actor: Actor) -> QuerySet[User]:
    """Users that the actor may act for."""
    rows = User.objects.filter(actor.scope("tenancy.act_as"), is_active=True).exclude(pk=actor.user_id or 0)
    return rows.select_related("account__domain")

"""Reading tenancy."""

from __future__ import annotations

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from cloudportal.core.clock import WallClock
from cloudportal.core.models import Event
from cloudportal.jobs import selectors as job_selectors
from cloudportal.jobs.models import Job
from tenants.actor import NOWHERE, Actor, below
from tenants.models import Account, ApiKey, Domain, IdentityProvider, User


def accounts(actor: Actor) -> QuerySet[Account]:
    return actor.accounts("tenancy.view")


def domains(actor: Actor) -> QuerySet[Domain]:
    """Domains below those where the actor sees the tenancy."""
    return Domain.objects.filter(below(actor.reach.get("tenancy.view", NOWHERE).paths, "path"))


def managed_domains(actor: Actor) -> QuerySet[Domain]:
    """Domains whose tenancy the actor manages, with the number of their providers."""
    managed = below(actor.reach.get("tenancy.manage", NOWHERE).paths, "path")
    return Domain.objects.filter(managed).annotate(provider_count=Count("identity_providers"))


def users(actor: Actor) -> QuerySet[User]:
    """Users of the accounts whose tenancy the actor sees, and always the actor."""
    rows = User.objects.filter(actor.scope("tenancy.view") | Q(pk=actor.user_id))
    return rows.select_related("account__domain")


def api_keys(actor: Actor) -> QuerySet[ApiKey]:
    """The actor's own."""
    return ApiKey.objects.filter(Q(user=actor.user_id))


def identity_providers(actor: Actor) -> QuerySet[IdentityProvider]:
    """Providers of the domains whose tenancy the actor manages: they hold what only those need to know."""
    reach = actor.reach.get("tenancy.manage", NOWHERE)
    return IdentityProvider.objects.filter(below(reach.paths, "domain__path")).select_related("domain", "account")


def sessions(actor: Actor) -> QuerySet[UserSession]:
    """The browsers that the actor is signed in with: those whose session is still there."""
    alive = Session.objects.filter(session_key=OuterRef("session_key"), expire_date__gt=WallClock())
    rows: QuerySet[UserSession] = UserSession.objects.filter(Exists(alive), user=actor.user_id)
    return rows.order_by("-last_seen_at")


def jobs(actor: Actor) -> QuerySet[Job]:
    """Jobs on what the actor may see; jobs of the cloud itself belong to its operators."""
    return job_selectors.jobs(actor.scope("jobs.view", field="account"))


def events(actor: Actor) -> QuerySet[Event]:
    return Event.objects.filter(actor.scope("jobs.view", field="account"))

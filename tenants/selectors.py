"""Reading tenancy."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from cloudportal.core.errors import NotFound
from cloudportal.core.models import Event
from cloudportal.jobs import selectors as job_selectors
from cloudportal.jobs.models import Job
from tenants.actor import NOWHERE, Actor, below
from tenants.models import Account, ApiKey, Domain, User

SHOWS_LIMITS = ("tenancy.view", "compute.manage", "network.manage", "storage.manage")


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


def own_account(actor: Actor) -> Account:
    """The actor's own, whatever it may do there.

    Raises:
        NotFound: it is nobody who has one.
    """
    if actor.account_id is None:
        raise NotFound
    return Account.objects.select_related("domain").get(pk=actor.account_id)


def limited_accounts(actor: Actor) -> QuerySet[Account]:
    """Accounts whose limits the actor may see: its own, those whose tenancy it sees, those that it makes things for."""
    reaches = [actor.reach.get(permission, NOWHERE) for permission in SHOWS_LIMITS]
    accounts = Account.objects.select_related("domain")
    if any(reach.everywhere for reach in reaches):
        return accounts
    paths = frozenset[str]().union(*(reach.paths for reach in reaches))
    granted = frozenset[int]().union(*(reach.accounts for reach in reaches))
    return accounts.filter(Q(pk=actor.account_id) | Q(pk__in=granted) | below(paths, "domain__path"))

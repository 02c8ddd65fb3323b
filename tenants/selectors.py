"""Reading tenancy."""

from __future__ import annotations

from collections.abc import Iterable
from string import ascii_lowercase, ascii_uppercase
from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db.models import CharField, Count, Exists, Func, Model, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Trim

from cloudportal.core import origin
from cloudportal.core.clock import WallClock
from cloudportal.core.errors import NotFound
from cloudportal.core.models import Event
from cloudportal.jobs import selectors as job_selectors
from cloudportal.jobs.models import Job, JobLog
from tenants.actor import NOWHERE, Actor, below
from tenants.models import (
    Account,
    ApiKey,
    Domain,
    Grant,
    Group,
    IdentityProvider,
    Notification,
    Project,
    ProjectInvitation,
    Role,
    User,
    Webhook,
    WebhookDelivery,
)
from tenants.models.domain import ids_of
from tenants.permissions import REACHES_PROJECTS
from tenants.sharing import sees_into, table_of
from tenants.states import ACTING

MOST_COUNTED = 100
SHOWS_LIMITS = ("tenancy.view", "compute.manage", "network.manage", "storage.manage")


def accounts(actor: Actor) -> QuerySet[Account]:
    return actor.accounts("tenancy.view")


def reached_accounts(actor: Actor) -> QuerySet[Account]:
    """The accounts on which the actor may do anything at all, and its own."""
    accounts = Account.objects.filter(removed_at=None).select_related("domain")
    if any(reach.everywhere for reach in actor.reach.values()):
        return accounts
    paths = {path for reach in actor.reach.values() for path in reach.paths}
    keys = {key for reach in actor.reach.values() for key in reach.accounts} | {actor.account_id}
    return accounts.filter(Q(pk__in=keys) | below(paths, "domain__path"))


def any_account(actor: Actor) -> QuerySet[Account]:
    """Every account there is, for who names one by its id: its people hand that over, and nobody guesses it."""
    return Account.objects.filter(removed_at=None).select_related("domain")


def shares(actor: Actor, thing: Model) -> QuerySet[Any]:
    """With whom a thing is shared: with everybody for who sees what its owner has, else with the actor's accounts."""
    rows: QuerySet[Any] = table_of(type(thing)).objects.filter(resource=thing.pk).select_related("account")
    return rows if sees_into(actor, thing) else rows.filter(actor.scope(f"{thing._meta.app_label}.view"))


def reached_domains(actor: Actor) -> QuerySet[Domain]:
    """The domains on which the actor may do anything at all."""
    paths = {path for reach in actor.reach.values() for path in reach.paths}
    return Domain.objects.filter(below(paths, "path"), removed_at=None)


def domains(actor: Actor) -> QuerySet[Domain]:
    """Domains below those where the actor sees the tenancy."""
    return _domains(actor, "tenancy.view").select_related("parent")


def managed_domains(actor: Actor) -> QuerySet[Domain]:
    """Domains whose tenancy the actor manages, with the number of their providers."""
    return domains_with(actor, "tenancy.manage").annotate(provider_count=Count("identity_providers"))


def users(actor: Actor) -> QuerySet[User]:
    """Users of the accounts whose users the actor sees, and always the actor."""
    rows = User.objects.filter(actor.scope("users.view") | Q(pk=actor.user_id))
    return rows.select_related("account__domain")


def groups(actor: Actor) -> QuerySet[Group]:
    """Groups of the domains whose users the actor sees."""
    return Group.objects.filter(domain__in=_domains(actor, "users.view").order_by()).select_related("domain", "auth")


def members(actor: Actor, group: Group) -> QuerySet[User]:
    """The members of a group that the actor may see."""
    return users(actor).filter(groups=group.auth_id)


def roles(actor: Actor) -> QuerySet[Role]:
    """The built-in roles, and those that can be granted where the actor sees roles: of domains there and above."""
    reach = actor.reach.get("roles.view", NOWHERE)
    rows = Role.objects.select_related("domain")
    if reach.everywhere:
        return rows
    homes = Account.objects.filter(pk__in=reach.accounts).values_list("domain__path", flat=True)
    above = {key for path in {*reach.paths, *(homes if reach.accounts else ())} for key in ids_of(path)}
    return rows.filter(Q(domain=None) | Q(domain__in=above) | below(reach.paths, "domain__path"))


def grants(actor: Actor) -> QuerySet[Grant]:
    """Grants on the domains and accounts where the actor sees roles, and always the actor's own."""
    rows = Grant.objects.select_related("role__domain", "user", "group", "domain__parent", "account__domain")
    reach = actor.reach.get("roles.view", NOWHERE)
    if reach.everywhere:
        return rows
    ways = [actor.scope("roles.view"), Q(domain__in=_domains(actor, "roles.view").order_by())]
    if actor.user_id:
        # Groups as ids: a condition on what is joined would keep the database from asking only the tables it concerns.
        groups = Group.objects.filter(auth__user=actor.user_id).values("pk")
        ways += [Q(user=actor.user_id), Q(group__in=groups)]
    # Each way finds few rows by an index; joined by OR they would have every grant of the cloud looked at.
    first, *others = [Grant.objects.filter(way).order_by().values("pk") for way in ways]
    return rows.filter(pk__in=first.union(*others))


def on_owner(place: Account | Domain) -> Q:
    """The condition of grants that hold for a project because they are on the account that owns it."""
    if isinstance(place, Domain):
        return Q(pk__in=[])
    owner = Project.objects.filter(account=place.pk, removed_at=None).values("owner")
    return Q(account__in=owner, role__permissions__contains=[REACHES_PROJECTS])


def projects(actor: Actor) -> QuerySet[Project]:
    """Projects that the actor may see: as one of their members, or who manages those of the owner."""
    rows = Project.objects.filter(actor.scope("projects.view"), removed_at=None)
    return rows.select_related("account__domain", "owner__domain")


def project_members(actor: Actor) -> QuerySet[Grant]:
    """Who has which role on the projects that the actor sees. Owners' managers are there without being listed."""
    seen = projects(actor).order_by().select_related(None).values("account")
    return grants(actor).filter(account__in=seen)


def project_invitations(actor: Actor) -> QuerySet[ProjectInvitation]:
    """Invitations into the projects that the actor sees, and always those to the actor's own address."""
    seen = projects(actor).order_by().select_related(None).values("pk")
    return _invitations().filter(Q(project__in=seen) | Q(email__in=_addresses(actor)))


def own_invitations(actor: Actor) -> QuerySet[ProjectInvitation]:
    """What the actor is invited to and has not answered."""
    rows = _invitations().filter(email__in=_addresses(actor), state="Pending", expires_at__gt=WallClock())
    return rows.filter(project__removed_at=None)


def _invitations() -> QuerySet[ProjectInvitation]:
    return ProjectInvitation.objects.select_related("project__account__domain", "project__owner", "role", "invited_by")


def _addresses(actor: Actor) -> QuerySet[Any, Any]:
    """The actor's own address as invitations have it: what `normal_address` makes of it."""
    small = Func(
        Trim("email"), Value(ascii_uppercase), Value(ascii_lowercase), function="translate", output_field=CharField()
    )
    return User.objects.filter(pk=actor.user_id or 0).values_list(small)


def domains_with(actor: Actor, permission: str) -> QuerySet[Domain]:
    """The domains on which a permission holds."""
    return _domains(actor, permission).select_related("parent")


def trails(actor: Actor, rows: Iterable[Domain]) -> dict[int, list[Domain]]:
    """Of each domain those above it, from the highest that the actor sees down, with one query."""
    rows = list(rows)
    ids = {key for row in rows for key in row.line[:-1]}
    seen = {domain.pk: domain for domain in domains(actor).filter(pk__in=ids)} if ids else {}
    return {row.pk: [seen[key] for key in row.line[:-1] if key in seen] for row in rows}


def _domains(actor: Actor, permission: str) -> QuerySet[Domain]:
    return Domain.objects.filter(below(actor.reach.get(permission, NOWHERE).paths, "path"), removed_at=None)


def api_keys(actor: Actor) -> QuerySet[ApiKey]:
    """The actor's own, and those of the users that it manages; never their secrets."""
    return ApiKey.objects.filter(Q(user=actor.user_id) | actor.scope("users.manage", field="user__account"))


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


def job_log(actor: Actor, job: Job) -> QuerySet[JobLog]:
    """What happened in a job that the actor sees; what engines said about themselves is for operators."""
    lines = JobLog.objects.filter(job=job)
    return lines if actor.is_operator else lines.exclude(level=JobLog.Level.ENGINE)


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
    rows = Webhook.objects.select_related("account__domain", "domain")
    if reach.everywhere:
        return rows.filter(pk__isnull=False)
    of_domains = Q(domain__isnull=False) & below(reach.paths, "domain__path")
    of_accounts = Q(account__isnull=False) & actor.scope("webhooks.view", field="account")
    return rows.filter(of_accounts | of_domains)


def webhook_deliveries(actor: Actor) -> QuerySet[WebhookDelivery]:
    """What was or will be posted by webhooks that the actor may see."""
    found = webhooks(actor).order_by().select_related(None).values("pk")
    return WebhookDelivery.objects.filter(webhook__in=found).select_related(
        "webhook__account__domain", "webhook__domain"
    )


def users_to_act_for(actor: Actor) -> QuerySet[User]:
    """Users that the actor may act for; not those whose account is disabled."""
    rows = User.objects.filter(actor.scope("tenancy.act_as"), is_active=True, account__state__in=ACTING)
    rows = rows.exclude(pk=actor.user_id or 0)
    return rows.select_related("account__domain")


def notifications(actor: Actor) -> QuerySet[Notification]:
    """What the actor's pages show, the newest first. It is a user's own: nobody reads it who acts for them, nor does a
    key that may do less than they, since it tells of all that they may see.
    """
    is_narrow = actor.key is not None and actor.key.is_narrow
    if actor.user_id is None or is_narrow or origin.current().operator_id is not None:
        return Notification.objects.none()
    return Notification.objects.filter(user=actor.user_id, on_page=True)


def unread(actor: Actor) -> int:
    """How many of them are unread; counted no further than to 100."""
    return notifications(actor).order_by().filter(read_at=None)[:MOST_COUNTED].count()


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

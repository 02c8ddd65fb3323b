"""Which events are told to whom: one table, read by the job that hands events on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db.models import Model
from django.urls import reverse

from cloudportal.core.models import Event
from tenants.models import Domain, Group, ProjectInvitation, User, Webhook, share_tables
from tenants.notifying.audience import Audience
from tenants.notifying.kinds import (
    ALERT_ERROR,
    ALERT_WARNING,
    INVITATION,
    JOB_FAILED,
    LIMIT,
    ROLE,
    SHARE,
    WEBHOOK_DISABLED,
    Kind,
)
from tenants.notifying.telling import Telling, tell
from tenants.people import normal_address

M = TypeVar("M", bound=Model)


def _message(event: Event) -> str:
    return event.message


def _nowhere(_event: Event) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Rule:
    """An event that is told: to whom, as what, in which words, and which page says more."""

    kind: Callable[[Event], Kind]
    who: Callable[[Event, Audience], Iterable[int]]
    words: Callable[[Event], str] = _message
    where: Callable[[Event], str] = _nowhere


def tell_of(events: Iterable[Event]) -> None:
    """Tell of some events, in the caller's transaction. An event that is handed on twice is told once."""
    audience = Audience()
    tell([telling for event in events for telling in _tellings(event, audience)])


def _tellings(event: Event, audience: Audience) -> Iterator[Telling]:
    rule = RULES.get(event.action)
    if rule is None and event.job_uuid is not None and event.outcome == Event.Outcome.FAILED:
        rule = OF_FAILED_JOBS
    if rule is None:
        return
    users = list(rule.who(event, audience))
    if users:
        yield Telling(
            users, rule.kind(event), rule.words(event), rule.where(event), event.level, f"event:{event.pk}",
            _about(event),
        )  # fmt: skip


def _about(event: Event) -> str:
    """The object of an event, by which mails are braked."""
    if "about" in event.details:
        return str(event.details["about"])
    return f"{event.resource_type}:{event.resource_uuid}" if event.resource_uuid else f"account:{event.account_id}"


def _who_asked(event: Event, audience: Audience) -> Iterator[int]:
    """Whoever did it, as long as they may see it."""
    if event.actor_id is not None and audience.may(event.actor_id, "jobs.view", event.account_id):
        yield event.actor_id


def _operators(_event: Event, audience: Audience) -> list[int]:
    return audience.everywhere("alerts.view")


def _grantees(event: Event, _audience: Audience) -> list[int]:
    """The user, or the members of the group; nobody is told what they did themselves."""
    group, user = _thing(Group, event), _thing(User, event)
    if group is not None:
        found = list(User.objects.filter(groups=group.auth_id).order_by("pk").values_list("pk", flat=True))
    else:
        found = [user.pk] if user is not None else []
    return [key for key in found if key != event.actor_id]


def _managers(event: Event, audience: Audience) -> list[int]:
    webhook = _thing(Webhook, event)
    return audience.on("webhooks.manage", webhook.place) if webhook else []


def _owners(event: Event, audience: Audience) -> list[int]:
    """Who decides about the account or domain; not whoever was just refused, since they were told."""
    place = _thing(Domain, event) or (audience.account(event.account_id) if event.account_id else None)
    refused = event.actor_id if event.outcome == Event.Outcome.REFUSED else None
    return [user for user in audience.on("roles.manage", place) if user != refused] if place else []


def _invited(event: Event, _audience: Audience) -> list[int]:
    """Who has that address, if anybody; the inviter does not learn whether somebody has."""
    invitation = _thing(ProjectInvitation, event)
    if invitation is None:
        return []
    users = User.objects.filter(email__iexact=invitation.email, is_active=True).order_by("pk")
    # The database folds letters that another address has.
    return [user.pk for user in users if normal_address(user.email) == invitation.email]


def _receivers(event: Event, audience: Audience) -> list[int]:
    """Of the two events of a share that of the receiving account: whoever uses such things for it."""
    account = audience.account(event.account_id) if event.account_id else None
    table = _share_table(event)
    if account is None or table is None or _owner_of(table, event) in (None, account.pk):
        return []
    return audience.on(f"{table._meta.app_label}.manage", account)


def _share_table(event: Event) -> type[Any] | None:
    nouns = {table._meta.get_field("resource").related_model._meta.label_lower: table for table in share_tables()}
    return nouns.get(event.resource_type)


def _owner_of(table: type[Any], event: Event) -> int | None:
    rows = table._meta.get_field("resource").related_model._default_manager.filter(uuid=event.resource_uuid)
    found: int | None = rows.values_list("account_id", flat=True).first()
    return found


def _invitation_words(event: Event) -> str:
    invitation = _thing(ProjectInvitation, event)
    return f"{event.actor_name} invites you to project {invitation.project} as {invitation.role}." if invitation else ""


def _thing(model: type[M], event: Event) -> M | None:
    """The row that an event is about, if it is one of the model and still there."""
    if event.resource_uuid is None or event.resource_type != model._meta.label_lower:
        return None
    found: M | None = model._default_manager.filter(uuid=event.resource_uuid).first()
    return found


def _role_words(event: Event) -> str:
    role, place = event.details.get("role", ""), event.details.get("on", "")
    through = f", as a member of {event.resource_name}" if event.resource_type == Group._meta.label_lower else ""
    verb = "now" if event.action == "tenants.grant_role" else "no longer"
    return f"You are {verb} {role} on {place}{through}."


def _limits_page(event: Event) -> str:
    if event.resource_type == Domain._meta.label_lower:
        return reverse("tenants:domain-limits", args=[event.resource_uuid])
    return reverse("tenants:account-limits", args=[event.resource_uuid])


def _job_page(event: Event) -> str:
    return reverse("web:job", args=[event.job_uuid])


_ROLE = Rule(lambda event: ROLE, _grantees, _role_words, lambda event: reverse("tenants:profile"))
_SHARE = Rule(lambda event: SHARE, _receivers)
_LIMIT = Rule(lambda event: LIMIT, _owners, where=_limits_page)
OF_FAILED_JOBS = Rule(lambda event: JOB_FAILED, _who_asked, where=_job_page)
RULES: dict[str, Rule] = {
    "alerts.open": Rule(
        lambda event: ALERT_ERROR if event.level == Event.Level.ERROR else ALERT_WARNING,
        _operators,
        where=lambda event: reverse("infrastructure:alert", args=[event.resource_uuid]),
    ),
    "tenants.grant_role": _ROLE,
    "tenants.revoke_role": _ROLE,
    "tenants.disable_webhook": Rule(
        lambda event: WEBHOOK_DISABLED,
        _managers,
        where=lambda event: reverse("tenants:webhook", args=[event.resource_uuid]),
    ),
    "tenants.invite_to_project": Rule(
        lambda event: INVITATION, _invited, _invitation_words, lambda event: reverse("tenants:projects")
    ),
    "tenants.limit_nearly_reached": _LIMIT,
    "tenants.limit_refused": _LIMIT,
    **dict.fromkeys(
        [
            "storage.share_template",
            "storage.unshare_template",
            "network.share_network",
            "network.unshare_network",
            "compute.share_ssh_key",
            "compute.unshare_ssh_key",
        ],
        _SHARE,
    ),
}

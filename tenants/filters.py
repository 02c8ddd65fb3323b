"""How lists of tenancy, jobs and events may be narrowed, on every door."""

from __future__ import annotations

import django_filters
from django.db.models import Q, QuerySet

from cloudportal.core.models import Event
from cloudportal.doors.filtering import (
    AccountFilter,
    ChoiceOf,
    Filters,
    ManyIds,
    TagFilter,
    choice,
    kind_of,
    name_contains,
    state_of,
)
from cloudportal.jobs.models import Job
from tenants import selectors
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
from tenants.models.api_key import KEY_STATES, STATE
from tenants.models.identity_provider import Kind
from tenants.notifying.kinds import KINDS
from tenants.states import ACCOUNT, DOMAIN, INVITATION, PROJECT, PROJECT_STATES


class JobFilterSet(Filters):
    state = django_filters.MultipleChoiceFilter(choices=Job.State.choices, label="State", distinct=False)
    kind = django_filters.CharFilter(label="Kind")
    resource = django_filters.UUIDFilter(field_name="resource_uuid", label="Resource")
    resource_type = django_filters.CharFilter(label="Type of resource")
    account = AccountFilter()

    class Meta:
        model = Job
        fields: tuple[str, ...] = ()


class EventFilterSet(django_filters.FilterSet):
    id = ManyIds(field_name="uuid", label="Any of these ids")
    level = choice("level", Event.Level.choices)
    outcome = choice("outcome", Event.Outcome.choices)
    actor = django_filters.CharFilter(method="by_actor", label="Who")
    action = django_filters.CharFilter(lookup_expr="startswith", label="Action")
    resource = django_filters.UUIDFilter(field_name="resource_uuid", label="Resource")
    resource_type = django_filters.CharFilter(label="Type of resource")
    job = django_filters.UUIDFilter(field_name="job_uuid", label="Job")
    since = django_filters.IsoDateTimeFilter(field_name="at", lookup_expr="gte", label="Since (date, UTC)")
    until = django_filters.IsoDateTimeFilter(field_name="at", lookup_expr="lt", label="Until (date, UTC)")
    address = django_filters.CharFilter(method="by_origin", label="Address")
    key = django_filters.CharFilter(method="by_origin", label="API key")
    session = django_filters.CharFilter(method="by_origin", label="Session")
    account = AccountFilter()

    class Meta:
        model = Event
        fields: tuple[str, ...] = ()

    def by_actor(self, events: QuerySet[Event], _name: str, value: str) -> QuerySet[Event]:
        """Whoever did it, or in whose name it was done."""
        return events.filter(Q(actor_name=value) | Q(on_behalf_of_name=value))

    def by_origin(self, events: QuerySet[Event], name: str, value: str) -> QuerySet[Event]:
        """Who is not shown where an event came from must not find it out by asking."""
        if not selectors.sees_origins(self.request.actor):
            return events.none()
        if name == "key":
            # As the list of keys shows it, or the bare id.
            name, value = "key_id", value.removeprefix("cpk_").partition("_")[0]
        return events.filter(**{name: value})


class AccountFilterSet(Filters):
    name = name_contains()
    domain = ChoiceOf(selectors.domains, label="Domain")
    state = state_of(ACCOUNT)
    is_project = django_filters.BooleanFilter(field_name="project", lookup_expr="isnull", exclude=True, label="Project")

    class Meta:
        model = Account
        fields: tuple[str, ...] = ()


class ProjectFilterSet(Filters):
    name = name_contains("account__name")
    state = django_filters.MultipleChoiceFilter(
        choices=[(name, name) for name in PROJECT.states], method="in_states", label="State"
    )
    owner = AccountFilter(field_name="owner_id", label="Owner")
    domain = ChoiceOf(selectors.domains, field_name="account__domain", label="Domain")
    tag = TagFilter()

    def in_states(self, rows: QuerySet[Project], _name: str, value: list[str]) -> QuerySet[Project]:
        wanted = [of_account for of_account, name in PROJECT_STATES.items() if name in value]
        return rows.filter(account__state__in=wanted) if value else rows

    class Meta:
        model = Project
        fields: tuple[str, ...] = ()


class ProjectMemberFilterSet(Filters):
    project = AccountFilter(label="Project")
    role = ChoiceOf(selectors.roles, label="Role")
    user = ChoiceOf(selectors.users, label="User")

    class Meta:
        model = Grant
        fields: tuple[str, ...] = ()


class ProjectInvitationFilterSet(Filters):
    project = AccountFilter(field_name="project__account_id", label="Project")
    state = state_of(INVITATION)
    email = django_filters.CharFilter(lookup_expr="iexact", label="E-mail address")

    class Meta:
        model = ProjectInvitation
        fields: tuple[str, ...] = ()


class UserFilterSet(Filters):
    created_since = django_filters.IsoDateTimeFilter(field_name="date_joined", lookup_expr="gte", label="Created since")
    created_until = django_filters.IsoDateTimeFilter(field_name="date_joined", lookup_expr="lt", label="Created before")
    username = name_contains("username", "User name")
    is_active = django_filters.BooleanFilter(label="Active")
    account = AccountFilter()
    domain = ChoiceOf(selectors.domains, field_name="account__domain", label="Domain of the account")
    group = ChoiceOf(selectors.groups, field_name="groups__portal", label="Member of")

    class Meta:
        model = User
        fields: tuple[str, ...] = ()


class DomainFilterSet(Filters):
    name = name_contains()
    parent = ChoiceOf(selectors.domains, label="Above")
    state = state_of(DOMAIN)

    class Meta:
        model = Domain
        fields: tuple[str, ...] = ()


class GroupFilterSet(Filters):
    name = name_contains()
    domain = ChoiceOf(selectors.domains, label="Domain")

    class Meta:
        model = Group
        fields: tuple[str, ...] = ()


class RoleFilterSet(Filters):
    name = name_contains()
    code = django_filters.CharFilter(label="Code of a built-in role")
    domain = ChoiceOf(selectors.domains, label="Domain")
    is_built_in = django_filters.BooleanFilter(field_name="code", lookup_expr="isnull", exclude=True, label="Built in")

    class Meta:
        model = Role
        fields: tuple[str, ...] = ()


class GrantFilterSet(Filters):
    role = ChoiceOf(selectors.roles, label="Role")
    user = ChoiceOf(selectors.users, label="User")
    group = ChoiceOf(selectors.groups, label="Group")
    domain = ChoiceOf(selectors.domains, label="Domain")
    account = ChoiceOf(selectors.accounts, label="Account")

    class Meta:
        model = Grant
        fields: tuple[str, ...] = ()


class ApiKeyFilterSet(Filters):
    name = name_contains()
    user = ChoiceOf(selectors.users, label="User")
    state = django_filters.ChoiceFilter(choices=[(name, name) for name in KEY_STATES], method="in_state", label="State")

    def in_state(self, rows: QuerySet[ApiKey], _name: str, value: str) -> QuerySet[ApiKey]:
        return rows.alias(stands=STATE).filter(stands=value)

    class Meta:
        model = ApiKey
        fields: tuple[str, ...] = ()


class IdentityProviderFilterSet(django_filters.FilterSet):
    name = name_contains()
    kind = choice("kind", Kind.choices)
    domain = ChoiceOf(selectors.domains, label="Domain")
    is_enabled = django_filters.BooleanFilter(label="Enabled")

    class Meta:
        model = IdentityProvider
        fields: tuple[str, ...] = ()


class WebhookFilterSet(Filters):
    name = name_contains()
    is_enabled = django_filters.BooleanFilter(label="Enabled")
    account = AccountFilter()

    class Meta:
        model = Webhook
        fields: tuple[str, ...] = ()


class WebhookDeliveryFilterSet(Filters):
    webhook = ChoiceOf(selectors.webhooks, label="Webhook")
    state = choice("state", WebhookDelivery.State.choices)
    action = django_filters.CharFilter(lookup_expr="startswith", label="Action")

    class Meta:
        model = WebhookDelivery
        fields: tuple[str, ...] = ()


READING = ("unread", "read")


class NotificationFilterSet(Filters):
    kind = kind_of(KINDS)
    level = choice("level", Event.Level.choices)
    state = django_filters.ChoiceFilter(choices=[(name, name) for name in READING], method="in_state", label="State")

    def in_state(self, rows: QuerySet[Notification], _name: str, value: str) -> QuerySet[Notification]:
        return rows.filter(read_at__isnull=value == "unread")

    class Meta:
        model = Notification
        fields: tuple[str, ...] = ()

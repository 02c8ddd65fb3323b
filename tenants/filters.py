"""How lists of tenancy, jobs and events may be narrowed, on every door."""

from __future__ import annotations

import django_filters
from django.db.models import Q, QuerySet

from cloudportal.core.models import Event
from cloudportal.doors.filtering import AccountFilter, ChoiceOf, choice, name_contains
from cloudportal.jobs.models import Job
from tenants import selectors
from tenants.models import Account, ApiKey, Domain, User, Webhook, WebhookDelivery


class JobFilterSet(django_filters.FilterSet):
    state = django_filters.MultipleChoiceFilter(choices=Job.State.choices, label="State")
    kind = django_filters.CharFilter(label="Kind")
    resource = django_filters.UUIDFilter(field_name="resource_uuid", label="Resource")
    resource_type = django_filters.CharFilter(label="Type of resource")
    account = AccountFilter()

    class Meta:
        model = Job
        fields: tuple[str, ...] = ()


class EventFilterSet(django_filters.FilterSet):
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


class AccountFilterSet(django_filters.FilterSet):
    name = name_contains()
    domain = ChoiceOf(selectors.domains, label="Domain")

    class Meta:
        model = Account
        fields: tuple[str, ...] = ()


class UserFilterSet(django_filters.FilterSet):
    username = name_contains("username", "User name")
    is_active = django_filters.BooleanFilter(label="Active")
    account = AccountFilter()

    class Meta:
        model = User
        fields: tuple[str, ...] = ()


class DomainFilterSet(django_filters.FilterSet):
    name = name_contains()
    parent = ChoiceOf(selectors.domains, label="Above")

    class Meta:
        model = Domain
        fields: tuple[str, ...] = ()


class ApiKeyFilterSet(django_filters.FilterSet):
    name = name_contains()

    class Meta:
        model = ApiKey
        fields: tuple[str, ...] = ()


class WebhookFilterSet(django_filters.FilterSet):
    name = name_contains()
    is_enabled = django_filters.BooleanFilter(label="Enabled")
    account = AccountFilter()

    class Meta:
        model = Webhook
        fields: tuple[str, ...] = ()


class WebhookDeliveryFilterSet(django_filters.FilterSet):
    webhook = ChoiceOf(selectors.webhooks, label="Webhook")
    state = choice("state", WebhookDelivery.State.choices)
    action = django_filters.CharFilter(lookup_expr="startswith", label="Action")

    class Meta:
        model = WebhookDelivery
        fields: tuple[str, ...] = ()

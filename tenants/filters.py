"""How lists of tenancy, jobs and events may be narrowed, on every door."""

from __future__ import annotations

import django_filters

from cloudportal.core.models import Event
from cloudportal.doors.filtering import AccountFilter, ChoiceOf, choice, name_contains
from cloudportal.jobs.models import Job
from tenants import selectors
from tenants.models import Account, ApiKey, Domain, IdentityProvider, User


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
    action = django_filters.CharFilter(lookup_expr="startswith", label="Action")
    resource = django_filters.UUIDFilter(field_name="resource_uuid", label="Resource")
    resource_type = django_filters.CharFilter(label="Type of resource")
    job = django_filters.UUIDFilter(field_name="job_uuid", label="Job")
    since = django_filters.IsoDateTimeFilter(field_name="at", lookup_expr="gte", label="Since")
    until = django_filters.IsoDateTimeFilter(field_name="at", lookup_expr="lt", label="Until")
    account = AccountFilter()

    class Meta:
        model = Event
        fields: tuple[str, ...] = ()


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


class IdentityProviderFilterSet(django_filters.FilterSet):
    name = name_contains()
    domain = ChoiceOf(selectors.domains, label="Domain")
    is_enabled = django_filters.BooleanFilter(label="Enabled")

    class Meta:
        model = IdentityProvider
        fields: tuple[str, ...] = ()

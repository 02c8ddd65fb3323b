"""How lists of compute may be narrowed, on every door."""

from __future__ import annotations

import django_filters

from cloudportal.doors.filtering import (
    AccountFilter,
    ChoiceOf,
    Filters,
    SharingFilter,
    TagFilter,
    name_contains,
    state_of,
)
from cloudportal.infrastructure import selectors as infrastructure
from compute import selectors
from compute.models import Instance, ServiceOffering, SSHKey, SSHKeyShare
from compute.states import INSTANCE
from network import selectors as networks
from storage import selectors as storage


class InstanceFilterSet(Filters):
    name = name_contains()
    state = state_of(INSTANCE)
    zone = ChoiceOf(infrastructure.zones, label="Zone")
    offering = ChoiceOf(selectors.offerings, label="Offering")
    template = ChoiceOf(storage.templates, label="Template")
    network = ChoiceOf(networks.networks, field_name="nics__network", label="Network")
    host = ChoiceOf(infrastructure.hosts, label="Host")
    account = AccountFilter()
    tag = TagFilter()

    class Meta:
        model = Instance
        fields: tuple[str, ...] = ()


class SSHKeyFilterSet(Filters):
    name = name_contains()
    sharing = SharingFilter("compute.view", SSHKeyShare)
    account = AccountFilter()
    tag = TagFilter()

    class Meta:
        model = SSHKey
        fields: tuple[str, ...] = ()


class OfferingFilterSet(Filters):
    name = name_contains()
    is_active = django_filters.BooleanFilter(label="Active")
    min_cpus = django_filters.NumberFilter(field_name="cpus", lookup_expr="gte", label="CPUs at least")
    min_memory_mib = django_filters.NumberFilter(field_name="memory_mib", lookup_expr="gte", label="MiB at least")

    class Meta:
        model = ServiceOffering
        fields: tuple[str, ...] = ()

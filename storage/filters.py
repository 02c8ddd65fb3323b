"""How lists of storage may be narrowed, on every door."""

from __future__ import annotations

import django_filters

from cloudportal.doors.filtering import (
    AccountFilter,
    ChoiceOf,
    Filters,
    SharingFilter,
    TagFilter,
    choice,
    name_contains,
    state_of,
)
from cloudportal.infrastructure import selectors as infrastructure
from cloudportal.infrastructure.states import AllocationState
from storage import selectors
from storage.models import DiskOffering, SecondaryStore, StoragePool, Template, TemplateShare, Volume
from storage.states import TEMPLATE, VOLUME


class VolumeFilterSet(Filters):
    name = name_contains()
    state = state_of(VOLUME)
    kind = choice("kind", Volume.Kind.choices)
    zone = ChoiceOf(infrastructure.zones, label="Zone")
    offering = ChoiceOf(selectors.disk_offerings, label="Offering")
    template = ChoiceOf(selectors.templates, label="Template")
    pool = ChoiceOf(selectors.pools, label="Pool")
    account = AccountFilter()
    tag = TagFilter()

    class Meta:
        model = Volume
        fields: tuple[str, ...] = ()


class TemplateFilterSet(Filters):
    name = name_contains()
    state = state_of(TEMPLATE)
    format = choice("format", Template.Format.choices)
    os_type = name_contains("os_type", "Operating system")
    is_public = django_filters.BooleanFilter(label="Public")
    zone = ChoiceOf(infrastructure.zones, field_name="store__zone", label="Zone")
    sharing = SharingFilter("storage.view", TemplateShare)
    account = AccountFilter()
    tag = TagFilter()

    class Meta:
        model = Template
        fields: tuple[str, ...] = ()


class PoolFilterSet(Filters):
    name = name_contains()
    allocation_state = choice("allocation_state", AllocationState.choices)
    zone = ChoiceOf(infrastructure.zones, label="Zone")
    cluster = ChoiceOf(infrastructure.clusters, label="Cluster")

    class Meta:
        model = StoragePool
        fields: tuple[str, ...] = ()


class StoreFilterSet(Filters):
    name = name_contains()
    zone = ChoiceOf(infrastructure.zones, label="Zone")

    class Meta:
        model = SecondaryStore
        fields: tuple[str, ...] = ()


class DiskOfferingFilterSet(Filters):
    name = name_contains()
    is_active = django_filters.BooleanFilter(label="Active")

    class Meta:
        model = DiskOffering
        fields: tuple[str, ...] = ()

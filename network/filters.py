"""How lists of networks and addresses may be narrowed, on every door."""

from __future__ import annotations

import django_filters

from cloudportal.doors.filtering import (
    AccountFilter,
    ChoiceOf,
    Filters,
    ManyIds,
    SharingFilter,
    TagFilter,
    name_contains,
    state_of,
)
from cloudportal.infrastructure import selectors as infrastructure
from network import selectors
from network.models import Network, NetworkShare, PublicAddress
from network.states import NETWORK


class NetworkFilterSet(Filters):
    name = name_contains()
    state = state_of(NETWORK)
    zone = ChoiceOf(infrastructure.zones, label="Zone")
    sharing = SharingFilter("network.view", NetworkShare)
    account = AccountFilter()
    tag = TagFilter()

    class Meta:
        model = Network
        fields: tuple[str, ...] = ()


class PublicAddressFilterSet(django_filters.FilterSet):
    id = ManyIds(field_name="uuid", label="Any of these ids")
    address = django_filters.CharFilter(label="Address")
    zone = ChoiceOf(infrastructure.zones, label="Zone")
    network = ChoiceOf(selectors.networks, label="Network")
    is_source_nat = django_filters.BooleanFilter(label="Source NAT")
    account = AccountFilter()
    tag = TagFilter()

    class Meta:
        model = PublicAddress
        fields: tuple[str, ...] = ()

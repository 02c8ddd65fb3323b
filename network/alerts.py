"""What operators are told about public addresses running short."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Count, Q

from cloudportal.core.alerts import Condition, check, declare, subject_of
from cloudportal.infrastructure.models import Zone
from cloudportal.infrastructure.thresholds import threshold

ADDRESS_CAPACITY = declare("address-capacity", "Public addresses short", "Most public addresses of a zone are taken.")
ADDRESSES = threshold("address", "public addresses taken in a zone", scopes=("zone",))


@check(ADDRESS_CAPACITY)
def short_of_addresses() -> Iterator[Condition]:
    taken = Count("public_addresses", filter=Q(public_addresses__account__isnull=False))
    zones = Zone.objects.annotate(taken=taken, total=Count("public_addresses")).order_by("pk")
    for zone in zones:
        subject = subject_of(zone, zone)
        if found := ADDRESSES.condition(subject, "public addresses are taken", zone.taken, zone.total, zone):
            yield found

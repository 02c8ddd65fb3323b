"""Public addresses: what is held. They come and go with networks for now."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from cloudportal.doors.api.rows import Ref, Row, column, ref
from cloudportal.doors.api.tagging import TaggedViewSet
from cloudportal.doors.ordering import Sorting
from network import selectors
from network.filters import PublicAddressFilterSet
from network.models import PublicAddress


class PublicAddressRow(Row):
    """An address that the world can reach."""

    id: UUID = column("uuid")
    address: str = column()
    zone: Ref = ref()
    account: Ref | None = ref(help="Who holds it; null while it is free.")
    network: Ref | None = ref()
    is_source_nat: bool = column(help="Whether the network's instances reach the outside through it.")
    price_per_hour: Decimal = column()
    tags: dict[str, str] = column(help="Key and value, as people wrote them.")


class PublicAddressViewSet(TaggedViewSet[PublicAddress]):
    selector = selectors.public_addresses
    filterset_class = PublicAddressFilterSet
    sorting = Sorting("added", added="pk", address="address")
    row = PublicAddressRow

"""What an instance would cost, and how many such would fit."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from cloudportal.infrastructure.models import Zone
from compute.models import ServiceOffering
from compute.placement import Demand, culprit, explain, fits
from storage.models import Template
from storage.usage import GIB

HOURS_OF_MONTH = 730


@dataclass(frozen=True, slots=True)
class Price:
    """Prices of an hour, in settings.CURRENCY: `running` while it runs, `disk` as long as it exists."""

    running: Decimal
    disk: Decimal

    @property
    def hour(self) -> Decimal:
        return self.running + self.disk

    @property
    def month(self) -> Decimal:
        return self.hour * HOURS_OF_MONTH


@dataclass(frozen=True, slots=True)
class Room:
    """How many more would fit; when none does, which filter is to blame."""

    count: int
    culprit: str = ""


def price(offering: ServiceOffering, template: Template | None) -> Price:
    size = Decimal(template.size_bytes) / GIB if template else Decimal(0)
    return Price(offering.price_per_hour, size * offering.root_disk.price_per_gib_hour)


def room(zone: Zone, offering: ServiceOffering, template: Template | None) -> Room:
    demand = Demand(zone, offering.cpus, offering.memory_mib, template.size_bytes if template else 0)
    count = fits(demand)
    if count:
        return Room(count)
    return Room(0, culprit(explain(demand)))

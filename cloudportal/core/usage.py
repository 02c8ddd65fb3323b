"""Emitting usage: one event for each change, in the transaction of the change."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from cloudportal.core.models import UsageEvent


@dataclass(frozen=True, slots=True)
class Meter:
    """So much of something held from now on, and what an hour of it costs in settings.CURRENCY."""

    quantity: Decimal | int
    unit: str
    price_per_hour: Decimal = Decimal(0)

    def as_json(self) -> dict[str, str]:
        return {"quantity": str(self.quantity), "unit": self.unit, "price_per_hour": str(self.price_per_hour)}


def emit(resource: Any, zone_id: int, meters: dict[str, Meter]) -> None:
    """Say what the resource holds from this transaction on. No meters: it is gone."""
    UsageEvent.objects.create(
        account_id=resource.account_id,
        zone_id=zone_id,
        resource_type=resource._meta.label_lower,
        resource_uuid=resource.uuid,
        resource_name=str(resource),
        meters={name: meter.as_json() for name, meter in meters.items()},
    )

"""What instances cost."""

from __future__ import annotations

from decimal import Decimal

from cloudportal.core import usage
from cloudportal.core.usage import Meter
from compute.models import Instance


def emit_instance(instance: Instance, *, allocated: bool, running: bool) -> None:
    """Two meters: `instance_running` carries the offering's price, `instance_allocated` says that it exists."""
    meters = {}
    if allocated:
        meters["instance_allocated"] = Meter(1, "instances", Decimal(0))
    if running:
        meters["instance_running"] = Meter(1, "instances", instance.offering.price_per_hour)
    usage.emit(instance, instance.zone_id, meters)

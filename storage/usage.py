"""What volumes and templates cost."""

from __future__ import annotations

from decimal import Decimal

from cloudportal.core import usage
from cloudportal.core.usage import Meter
from storage.models import Template, Volume

GIB = 2**30


def emit_volume(volume: Volume, *, held: bool) -> None:
    """A volume is metered by its size while it exists, attached or not."""
    meter = Meter(_gib(volume.size_bytes), "GiB", volume.offering.price_per_gib_hour)
    usage.emit(volume, volume.zone_id, {"volume": meter} if held else {})


def emit_template(template: Template, *, held: bool) -> None:
    """A template is metered by the length of its file while it exists."""
    meter = Meter(_gib(template.file_bytes), "GiB", template.price_per_gib_hour)
    usage.emit(template, template.store.zone_id, {"template": meter} if held else {})


def _gib(size_bytes: int) -> Decimal:
    return (Decimal(size_bytes) / GIB).quantize(Decimal("0.000001"))

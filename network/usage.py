"""What networks and addresses cost."""

from __future__ import annotations

from cloudportal.core import usage
from cloudportal.core.usage import Meter
from network.models import Network, PublicAddress


def emit_network(network: Network, *, held: bool) -> None:
    """A network is metered while it is implemented."""
    usage.emit(network, network.zone_id, {"network": Meter(1, "networks")} if held else {})


def emit_address(address: PublicAddress, *, held: bool) -> None:
    """A public address is metered while an account holds it. Call before it is given back."""
    meter = Meter(1, "addresses", address.price_per_hour)
    usage.emit(address, address.zone_id, {"public_address": meter} if held else {})

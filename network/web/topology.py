"""The picture of a network: internet, router, switch, instances. The page has a table with the same facts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from network.models import Network, PublicAddress
from tenants.actor import Actor

MOST = 8
ROW_HEIGHT, WIDTH, TOP = 58, 860, 24
BOX_WIDTH, BOX_HEIGHT = 190, 42
COLUMNS = (10, 220, 430, 660)


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle with two lines of text."""

    x: int
    y: int
    label: str
    note: str
    width: int = BOX_WIDTH
    state: str = ""
    colour: str = ""
    instance: Any = None

    @property
    def middle(self) -> int:
        return self.y + BOX_HEIGHT // 2

    @property
    def right(self) -> int:
        return self.x + self.width

    @property
    def text_x(self) -> int:
        return self.x + 14

    @property
    def label_y(self) -> int:
        return self.y + 18

    @property
    def note_y(self) -> int:
        return self.y + 33


@dataclass(frozen=True, slots=True)
class Topology:
    height: int
    main: list[Box]
    instances: list[Box]
    hidden: int
    bus_x: int

    @property
    def bus(self) -> tuple[int, int]:
        """Where the vertical line of the switch begins and ends."""
        middles = [box.middle for box in (*self.instances, self.main[-1])]
        return min(middles), max(middles)

    @property
    def last_y(self) -> int:
        return self.height - 10


def show_holder(actor: Actor, port: Any) -> None:
    """Say who has an address: the instance for who may see it, else its account and no more."""
    port.instance = port.nic.instance if hasattr(port, "nic") else None
    port.other_account = None
    if port.instance is not None and not actor.may("compute.view", port.instance.account):
        port.instance, port.other_account = None, port.instance.account


def draw(network: Network, addresses: Sequence[PublicAddress], ports: Sequence[Any], *, is_shared: bool) -> Topology:
    """Lay the picture out, of ports that know their holders; of many instances the first ones.

    Of a network that another account shares, what its router goes out as is the owner's to know.
    """
    held = [port for port in ports if port.instance or port.other_account]
    shown = held[:MOST]
    height = max(1, len(shown)) * ROW_HEIGHT + 2 * TOP
    y = height // 2 - BOX_HEIGHT // 2
    nat = next((str(address) for address in addresses if address.is_source_nat), "no address")
    router = str(network.account) if is_shared else f"out as {nat}"
    main = [
        Box(COLUMNS[0], y, "Internet", network.zone.name, 150),
        Box(COLUMNS[1], y, "Router", _short(router, 24), 170),
        Box(COLUMNS[2], y, _short(network.name, 20), network.cidr, 170),
    ]
    boxes = [_box(port, TOP + index * ROW_HEIGHT) for index, port in enumerate(shown)]
    return Topology(height, main, boxes, len(held) - len(shown), COLUMNS[3] - 30)


def _box(port: Any, y: int) -> Box:
    instance, address = port.instance, str(port.address)
    if instance is None:
        return Box(COLUMNS[3], y, _short(str(port.other_account), 22), address, state=_("another account"))
    colour = instance.lifecycle.states[instance.state].colour
    return Box(
        COLUMNS[3], y, _short(instance.name, 22), address, state=instance.state, colour=colour, instance=instance
    )


def _short(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"

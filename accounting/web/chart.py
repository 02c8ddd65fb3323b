"""Bars of cost by day, as SVG: it prints, needs no script, and its numbers are in a table beside it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 900, 220, 58, 24, 10
MOST_LABELS = 10


@dataclass(frozen=True, slots=True)
class Bar:
    x: str
    y: str
    width: str
    height: str
    day: dt.date
    cost: Decimal
    label: str
    middle: str


@dataclass(frozen=True, slots=True)
class Line:
    y: str
    label: str


@dataclass(frozen=True, slots=True)
class Chart:
    bars: list[Bar]
    lines: list[Line]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT


def draw(days: Sequence[tuple[dt.date, Decimal]]) -> Chart:
    """Lay out one bar a day. Numbers are text already, so that no locale puts commas into them."""
    top = _round_up(max((cost for _, cost in days), default=Decimal(0)))
    plot = HEIGHT - TOP - BOTTOM
    step = (WIDTH - LEFT) / max(1, len(days))
    gap = min(6.0, step * 0.25)
    every = max(1, -(-len(days) // MOST_LABELS))
    bars = []
    for index, (day, cost) in enumerate(days):
        tall = float(cost / top) * plot if top else 0.0
        x = LEFT + index * step
        label = f"{day:%d %b}" if index % every == 0 else ""
        bars.append(
            Bar(f"{x + gap / 2:.1f}", f"{TOP + plot - tall:.1f}", f"{step - gap:.1f}", f"{max(tall, 1):.1f}",
                day, cost, label, f"{x + step / 2:.1f}")
        )  # fmt: skip
    lines = [
        Line(f"{TOP + plot * (1 - share):.1f}", f"{(top * Decimal(share)).normalize():f}") for share in (0, 0.5, 1)
    ]
    return Chart(bars, lines)


def _round_up(value: Decimal) -> Decimal:
    """The next of 1, 2, 3, 4, 5 times a power of ten."""
    if value <= 0:
        return Decimal(1)
    power = Decimal(10) ** value.adjusted()
    return next(power * factor for factor in (1, 2, 3, 4, 5, 10) if power * factor >= value)

"""Latencies in two numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence


def percentile(values: Sequence[float], percent: float) -> float:
    """The nearest-rank percentile: a value that was measured, not one between two.

    Raises:
        ValueError: there are no values.
    """
    if not values:
        raise ValueError("no values")
    rank = max(1, math.ceil(len(values) * percent / 100))
    return sorted(values)[rank - 1]


def milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 2)

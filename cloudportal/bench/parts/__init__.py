"""What measurements do inside Django, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cloudportal.bench.parts.estate import seed_estate
from cloudportal.bench.parts.guests import measure_guests
from cloudportal.bench.parts.hosts import seed_hosts
from cloudportal.bench.parts.idle import measure_idle
from cloudportal.bench.parts.placing import measure_placing
from cloudportal.bench.parts.simulated import seed_simulated

PARTS: Mapping[str, Callable[..., Any]] = {
    "measure_guests": measure_guests,
    "measure_idle": measure_idle,
    "measure_placing": measure_placing,
    "seed_estate": seed_estate,
    "seed_hosts": seed_hosts,
    "seed_simulated": seed_simulated,
}

"""What measurements do inside Django, by name. Imported when used: one of them needs libvirt."""

from __future__ import annotations

from collections.abc import Mapping

PARTS: Mapping[str, str] = {
    "measure_guests": "cloudportal.bench.parts.guests.measure_guests",
    "measure_idle": "cloudportal.bench.parts.idle.measure_idle",
    "measure_placing": "cloudportal.bench.parts.placing.measure_placing",
    "seed_estate": "cloudportal.bench.parts.estate.seed_estate",
    "seed_shape": "cloudportal.bench.parts.shape.seed_shape",
    "seed_hosts": "cloudportal.bench.parts.hosts.seed_hosts",
    "seed_simulated": "cloudportal.bench.parts.simulated.seed_simulated",
}

"""Everything that is measured, by name, in the order in which it is done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cloudportal.bench.measures.every_list import measure_every_list
from cloudportal.bench.measures.jobs import measure_jobs
from cloudportal.bench.measures.lists import measure_lists
from cloudportal.bench.measures.placements import measure_placements
from cloudportal.bench.measures.real_guest import measure_real_guest
from cloudportal.bench.workbench import Workbench

Figures = dict[str, Any]

MEASURES: Mapping[str, Callable[[Workbench], Figures]] = {
    "placements": measure_placements,
    "jobs": measure_jobs,
    "guests": measure_real_guest,
    "lists": measure_lists,
    "every-list": measure_every_list,
}

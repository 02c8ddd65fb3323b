"""Placeholder."""

from __future__ import annotations

from typing import Any

from cloudportal.bench.workbench import Workbench


def measure_real_guest(bench: Workbench) -> dict[str, Any]:
    """Nothing yet."""
    return {"real_guest_overhead_ratio": None, "real_guest_reason": "not written yet"}

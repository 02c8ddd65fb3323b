"""What operators may change about capacity while the portal runs."""

from __future__ import annotations

from cloudportal.core.configuration import share

CAPACITY_WARN = share(
    "infrastructure.capacity_warn_share",
    "0.80",
    "The share in use from which capacity counts as scarce.",
    scopes=("zone",),
)
CAPACITY_FULL = share(
    "infrastructure.capacity_full_share",
    "0.95",
    "The share in use from which capacity counts as full.",
    scopes=("zone",),
)

"""What operators may change about instances while the portal runs."""

from __future__ import annotations

from django.conf import settings

from cloudportal.core.configuration import INFRASTRUCTURE, TENANCY, whole

EXPUNGE_DELAY = whole(
    "compute.expunge_delay_seconds",
    lambda: settings.EXPUNGE_DELAY_SECONDS,
    "How long a destroyed instance stays in the recycle bin, from where it can be recovered.",
    unit="seconds", scopes=(*TENANCY, "zone"), most=90 * 86_400,
)  # fmt: skip
STOP_GRACE = whole(
    "compute.stop_grace_seconds", 60,
    "How long a guest may take to shut down before it is switched off.",
    unit="seconds", scopes=(*TENANCY, *INFRASTRUCTURE[1:]), least=5, most=1800, delegated=True,
)  # fmt: skip

"""What operators may change about networks while the portal runs."""

from __future__ import annotations

from django.conf import settings

from cloudportal.core.configuration import flag

RECONCILE_REMOVES = flag(
    "network.reconcile_removes",
    lambda: settings.RECONCILE_REMOVES,
    "Off: the reconciler reports ports that nobody holds instead of deleting them. For the time after an older backup "
    "was restored, and where two portals share one network engine.",
    scopes=("zone",),
)

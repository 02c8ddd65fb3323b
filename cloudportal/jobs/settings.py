"""What operators may change about the trail and about alerts while the portal runs."""

from __future__ import annotations

from django.conf import settings

from cloudportal.core.configuration import whole

# The trigger of the table knows this bound too: nothing younger can be deleted, whatever the setting says.
SHORTEST_DAYS = 30

EVENT_RETENTION_DAYS = whole(
    "audit.event_retention_days",
    lambda: max(SHORTEST_DAYS, settings.EVENT_RETENTION_DAYS),
    "Events are deleted when they are older.",
    unit="days", least=SHORTEST_DAYS, most=36_500,
)  # fmt: skip

ALERT_RETENTION_DAYS = whole(
    "alerts.retention_days", 90, "Resolved alerts are deleted after that time.", unit="days", least=1, most=3650
)
ALERT_FORGET_DAYS = whole(
    "alerts.forget_days",
    14,
    "Alerts of what only happened, such as a failed job, resolve themselves when it did not happen again for so long.",
    unit="days", least=1, most=365,
)  # fmt: skip

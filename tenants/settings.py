"""What operators may change about tenancy while the portal runs."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings

from cloudportal.core.configuration import flag, networks, whole

VIEW_AS_MINUTES = whole(
    "audit.view_as_minutes",
    lambda: settings.VIEW_AS_MINUTES,
    "How long an operator may act for a user before they have to begin again.",
    unit="minutes", least=1, most=24 * 60,
)  # fmt: skip
INVITATION_DAYS = whole(
    "projects.invitation_days",
    7,
    "How long an invitation into a project can be answered.",
    unit="days", scopes=("domain",), least=1, most=90, delegated=True,
)  # fmt: skip
INVITATION_NEEDS_LINK = flag(
    "projects.invitation_needs_link",
    True,
    "Whether invitations are answered by the link of the mail alone, by all but users of the project's owner. Without "
    "it the e-mail address is enough that a user has here, which whoever manages an account gives to its users.",
    scopes=("domain",), delegated=True,
)  # fmt: skip
WEBHOOK_DISABLE_DAYS = whole(
    "webhooks.disable_days",
    lambda: settings.WEBHOOK_DISABLE_DAYS,
    "A webhook that accepted nothing for so long is disabled.",
    unit="days", least=1, most=365,
)  # fmt: skip
IDENTITY_INTERNAL_NETWORKS = networks(
    "identities.internal_networks",
    lambda: list(settings.IDENTITY_INTERNAL_NETWORKS),
    "Internal networks in which providers of identities may be; only with some may an issuer be plain http://.",
)
WEBHOOK_INTERNAL_NETWORKS = networks(
    "webhooks.internal_networks",
    lambda: list(settings.WEBHOOK_INTERNAL_NETWORKS),
    "Internal networks that webhooks may post to all the same.",
)
NOTIFICATION_RETENTION_DAYS = whole(
    "notifications.retention_days", 30, "Notifications that were read are deleted when they are older.",
    unit="days", least=1, most=3650,
)  # fmt: skip
MAILS_AN_HOUR = whole(
    "notifications.mails_per_hour",
    30,
    "So many mails of notifications one user is sent in an hour; what is beyond that is in the pages alone.",
    least=1, most=10_000,
)  # fmt: skip
# Between two mails of one kind about one thing.
PAUSE = timedelta(hours=1)

"""What operators may change about templates and pools while the portal runs."""

from __future__ import annotations

from django.conf import settings

from cloudportal.core.configuration import TENANCY, networks, whole

TEMPLATE_LARGEST_BYTES = whole(
    "storage.template_largest_bytes",
    lambda: settings.TEMPLATE_LARGEST_BYTES,
    "The largest image that is taken in as a template.",
    unit="bytes", scopes=(*TENANCY, "zone"), least=1 << 20, most=1 << 50,
)  # fmt: skip
TEMPLATE_FETCHES = whole(
    "storage.template_fetches_per_account",
    lambda: settings.TEMPLATE_FETCHES_PER_ACCOUNT,
    "How many templates of one account are fetched at once: a slow server holds a worker for a while in each turn.",
    scopes=TENANCY, least=1, most=100,
)  # fmt: skip
TEMPLATE_INTERNAL_NETWORKS = networks(
    "storage.template_internal_networks",
    lambda: list(settings.TEMPLATE_INTERNAL_NETWORKS),
    "Internal networks that templates may be fetched from all the same, such as that of a mirror.",
)

"""Networks that are shared with single accounts."""

from __future__ import annotations

from django.db import models

from network.models.network import Network
from tenants.models import Share, shared_once, shares_of_account


class NetworkShare(Share):
    """A network that an account may put instances on, without owning it."""

    resource = models.ForeignKey(Network, models.CASCADE, related_name="shares", db_index=False)

    class Meta:
        constraints = [shared_once("network_share_once")]
        indexes = [shares_of_account("network_share_of_account")]

"""Zones: what a data centre is to tenants."""

from __future__ import annotations

from django.db import models

from cloudportal.core.models import Noun
from cloudportal.infrastructure.states import AllocationState


class Zone(Noun):
    """The place that a tenant chooses. Its network engine and public network serve all its pods.

    `network_url` is the northbound side of the engine (``ovn+tcp://…``); `public_mapping` is the name under
    which its hosts know the public network; `guest_mtu` is in bytes, what fits through the tunnel.
    """

    name = models.CharField(max_length=64, unique=True)
    allocation_state = models.CharField(max_length=10, choices=AllocationState.choices, default=AllocationState.ENABLED)
    network_url = models.CharField(max_length=255)
    public_mapping = models.CharField(max_length=64, default="public")
    public_cidr = models.CharField(max_length=18)
    public_gateway = models.GenericIPAddressField(protocol="IPv4")
    guest_mtu = models.PositiveIntegerField(default=1442)
    dns_servers = models.JSONField(default=list, blank=True)
    domain = models.CharField(max_length=128, default="internal")

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

"""Places on a network."""

from __future__ import annotations

import uuid

from django.db import models

from network.models.network import Network


class Port(models.Model):
    """An address and a MAC that somebody holds. Both are given out once: the constraints say so, not the code."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    network = models.ForeignKey(Network, models.PROTECT, related_name="ports")
    mac = models.CharField(max_length=17, unique=True)
    address = models.GenericIPAddressField(protocol="IPv4")
    hostname = models.CharField(max_length=63)
    is_default = models.BooleanField(default=True)

    class Meta:
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(
                fields=["network", "address"],
                name="port_address_once_per_network",
                violation_error_message="That address is taken.",
            ),
            models.UniqueConstraint(fields=["network", "hostname"], name="port_hostname_once_per_network"),
        ]

    def __str__(self) -> str:
        return f"{self.address} ({self.mac})"

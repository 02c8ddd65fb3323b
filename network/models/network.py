"""Networks as tenants know them."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Interface, IPv4Network

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q

from cloudportal.core.lifecycle import StateField, state_is_known
from cloudportal.infrastructure.models import Zone
from network.states import NETWORK
from tenants.models import CountedUntilGivenUp, TenantResource, removed_is_not_counted, tags_are_good, tags_index


class Network(CountedUntilGivenUp, TenantResource):
    """An isolated network with a router of its own: addresses by DHCP, names by DNS, out through source NAT.

    `domain` is the DNS domain of its instances.
    """

    lifecycle = NETWORK
    counts = {"networks": 1}

    zone = models.ForeignKey(Zone, models.PROTECT, related_name="networks")
    cidr = models.CharField(max_length=18)
    domain = models.CharField(max_length=128)
    mtu = models.PositiveIntegerField()
    state = StateField(NETWORK)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        constraints = [
            tags_are_good("network_tags_are_good"),
            state_is_known(NETWORK, "network_state_known"),
            removed_is_not_counted("network_removed_is_not_counted"),
            models.UniqueConstraint(
                fields=["account", "name"],
                condition=Q(removed_at=None),
                name="network_name_once_per_account",
                violation_error_message="Another network of this account has that name.",
            ),
        ]
        indexes = [
            models.Index(fields=["account", "-id"], condition=Q(removed_at=None), name="network_of_account"),
            models.Index(fields=["name", "id"], condition=Q(removed_at=None), name="network_by_name"),
            BrinIndex(fields=["created_at"], autosummarize=True, name="network_created"),
            tags_index("network_tags"),
        ]

    @property
    def subnet(self) -> IPv4Network:
        return IPv4Network(self.cidr)

    @property
    def gateway(self) -> IPv4Interface:
        """The router's address: the first of the subnet."""
        return IPv4Interface((self.subnet.network_address + 1, self.subnet.prefixlen))

    def is_usable(self, address: IPv4Address) -> bool:
        """Whether an instance may have the address.

        The last one before broadcast stays free: health checks of load balancers will come from it.
        """
        subnet = self.subnet
        reserved = {subnet.network_address, self.gateway.ip, subnet.broadcast_address, subnet.broadcast_address - 1}
        return address in subnet and address not in reserved

"""Row locks of networks. Order over the apps: template, network, limits, then public address, host and storage pool."""

from __future__ import annotations

from network.models import Network


def lock_network(network: Network) -> Network:
    """The network as it is now, locked until the transaction ends. Concurrent key checks may go on."""
    return Network.objects.select_for_update(no_key=True).get(pk=network.pk)

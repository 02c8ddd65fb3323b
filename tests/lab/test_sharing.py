"""An instance on a network that another account shares: a real guest gets its address there."""

from __future__ import annotations

import json
import time
from typing import Any

import libvirt
import libvirt_qemu
import pytest

from compute.models import Instance
from compute.services.instances import destroy_instance, expunge_instance
from network.models import Port
from tenants.actor import Actor
from tenants.models import Account
from tenants.services.shares import share, unshare
from tests import factories
from tests.factories import finished
from tests.lab.conftest import RealCloud

pytestmark = [pytest.mark.lab, pytest.mark.slow, pytest.mark.timeout(300)]
BOOT_SECONDS = 120


def test_a_guest_of_another_account_boots_on_a_shared_network(
    tenant: Actor, other_tenant: Actor, real_cloud: RealCloud
) -> None:
    network = factories.network(tenant, real_cloud.zone)
    receiver = Account.objects.get(pk=other_tenant.account_id)
    share(tenant, thing=network, account=receiver)

    instance = factories.instance(other_tenant, real_cloud, on=network)

    port = Port.objects.get(nic__instance=instance)
    assert (instance.account_id, port.network) == (receiver.pk, network)
    wait_for_address(real_cloud, instance, str(port.address))
    unshare(tenant, thing=network, account=receiver)
    assert str(port.address) in addresses(real_cloud, instance), "what runs goes on"
    finished(destroy_instance(other_tenant, instance=instance))
    finished(expunge_instance(other_tenant, instance=instance))
    assert not Port.objects.filter(network=network).exists()
    assert real_cloud.ports() == []


def wait_for_address(cloud: RealCloud, instance: Instance, address: str) -> None:
    end = time.monotonic() + BOOT_SECONDS
    while address not in (found := addresses(cloud, instance)):
        assert time.monotonic() < end, f"the guest has {found}, not {address}"
        time.sleep(0.5)


def addresses(cloud: RealCloud, instance: Instance) -> set[str]:
    """What the guest says of its network cards, by its agent; nothing before that has started."""
    host = next(host for host in cloud.lab.hosts if host.name == cloud.machines()[str(instance.uuid)])
    connection = libvirt.open(host.libvirt_url)
    try:
        domain = connection.lookupByUUIDString(str(instance.uuid))
        answer = libvirt_qemu.qemuAgentCommand(domain, '{"execute": "guest-network-get-interfaces"}', 10, 0)
    except libvirt.libvirtError:
        return set()
    finally:
        connection.close()
    cards: list[dict[str, Any]] = json.loads(answer)["return"]
    return {found["ip-address"] for card in cards for found in card.get("ip-addresses", [])}

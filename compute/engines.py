"""From rows to the hypervisor's values."""

from __future__ import annotations

from typing import cast

from cloudportal.infrastructure.models import Host
from compute.hypervisors.base import Datapath, DiskSpec, HostTarget, Hypervisor, InstanceSpec, NicSpec, VirtType
from compute.hypervisors.registry import hypervisor_for
from compute.models import Instance
from storage.backends.base import StorageBackend


def hypervisor_of(host: Host) -> Hypervisor:
    """The engine of a host; connects at the first call."""
    return hypervisor_for(target_of(host))


def target_of(host: Host) -> HostTarget:
    """How to reach a host; what a probe found spares the next one."""
    return HostTarget(
        url=host.url,
        username=host.username,
        password=host.password,
        virt_type=cast("VirtType", host.found_virt_type or host.virt_type),
        datapath=cast("Datapath", host.datapath),
    )


def instance_spec(instance: Instance, storage: StorageBackend, seed_source: str) -> InstanceSpec:
    """The instance with its disks and cards in their order.

    Raises:
        NotFound: a volume is not in its pool.
    """
    attachments = instance.attachments.select_related("volume")
    nics = instance.nics.select_related("port", "network")
    return InstanceSpec(
        uuid=instance.uuid,
        name=instance.name,
        cpus=instance.offering.cpus,
        memory_mib=instance.offering.memory_mib,
        disks=tuple(DiskSpec(row.volume.uuid, storage.volume_source(row.volume.uuid), "qcow2") for row in attachments),
        nics=tuple(NicSpec(nic.port.uuid, nic.port.mac, nic.network.mtu) for nic in nics if nic.port is not None),
        seed_source=seed_source,
    )

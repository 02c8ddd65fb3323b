"""What an instance holds, taken and given back inside the caller's transaction. No permission is checked here."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models.functions import Now

from cloudportal.core.errors import Conflict
from compute.models import Instance, Nic, VolumeAttachment
from compute.placement import Demand, place, refusal, release_host, take_host, take_this_host
from network.models import Network
from network.reservations import allocate_port, release_port
from storage.models import StoragePool
from storage.reservations import allocate_root_volume, give_room_back, mark_gone
from tenants import limits
from tenants.actor import Actor


def reserve_everything(actor: Actor, instance: Instance, networks: Sequence[Network]) -> None:
    """Addresses, limits, host and root disk of a new instance. Hot rows are taken last, so they are held shortest.

    Networks are locked in the order of their ids, so that two instances on the same ones can't wait for each other.

    Raises:
        LimitExceeded: the account, or a domain above it, may not have that much.
        CapacityExhausted: no host or pool fits, or a network is full.
        Conflict: a network is being deleted.
    """
    for position, network in sorted(enumerate(networks), key=lambda choice: choice[1].pk):
        port = allocate_port(network, hostname=instance.name, is_default=position == 0)
        Nic.objects.create(instance=instance, network=network, port=port, position=position)
    offering, template = instance.offering, instance.template
    limits.reserve(
        instance.account, by=actor, instances=1, cpus=offering.cpus, memory_mib=offering.memory_mib,
        volumes=1, primary_bytes=template.size_bytes,
    )  # fmt: skip
    demand = Demand(instance.zone, offering.cpus, offering.memory_mib, template.size_bytes)
    host, pool = place(demand)
    volume = allocate_root_volume(
        account=instance.account, zone=instance.zone, pool=pool,
        name=f"{instance.name}-root-{instance.uuid.hex[:6]}"[-63:], offering=offering.root_disk, template=template,
    )  # fmt: skip
    VolumeAttachment.objects.create(instance=instance, volume=volume, position=0)
    instance.host = instance.last_host = host
    instance.save(update_fields=["host", "last_host"])


def reserve_host_again(instance: Instance) -> None:
    """A host for an instance that has its disks already: the last one if it can, else another of the cluster.

    Raises:
        CapacityExhausted: no host of the cluster fits.
    """
    offering = instance.offering
    host = instance.last_host
    if host is None or not take_this_host(host, offering.cpus, offering.memory_mib):
        pool = root_pool(instance)
        if pool is None:
            raise Conflict(f"Instance {instance} has no root disk any more.")
        demand = Demand(instance.zone, offering.cpus, offering.memory_mib, cluster_id=pool.cluster_id)
        host = take_host(demand)
        if host is None:
            raise refusal(demand)
    Instance.objects.filter(pk=instance.pk).update(host=host)
    instance.host = host


def root_pool(instance: Instance) -> StoragePool | None:
    """The pool of the root disk; None once that is gone."""
    row = instance.attachments.select_related("volume__pool__cluster").filter(position=0).first()
    return row.volume.pool if row is not None else None


def release_cpu_and_memory(instance: Instance) -> None:
    """Give back what the instance holds of its host. The guarded UPDATE makes it happen once, whoever asks.

    `last_host` stays as it is: it is where the definition is, which a start that failed may not have moved.
    """
    row = Instance.objects.select_related("host").get(pk=instance.pk)
    if row.host is None:
        return
    if Instance.objects.filter(pk=row.pk, host=row.host).update(host=None):
        release_host(row.host, row.offering.cpus, row.offering.memory_mib)


def release_everything(instance: Instance) -> None:
    """Give back addresses, limits, host and disks, locked in the order of taking. Done already is success."""
    for nic in instance.nics.select_related("port").exclude(port=None):
        if nic.port is not None:
            release_port(nic.port)
    attached = instance.attachments.select_related("volume").order_by("volume__pool_id")
    gone = [row.volume for row in attached if mark_gone(row.volume)]
    disks = {"volumes": len(gone), "primary_bytes": sum(volume.size_bytes for volume in gone)}
    limits.release(instance.account_id, **limits.stop_counting(instance), **disks)
    release_cpu_and_memory(instance)
    for volume in gone:
        give_room_back(volume)


def mark_removed(instance: Instance) -> None:
    """The name is free again, and so is the host that knew it last; the row stays for the books."""
    Instance.objects.filter(pk=instance.pk).update(removed_at=Now(), last_host=None)

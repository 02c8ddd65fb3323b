"""Taking and giving back room in pools, inside the caller's transaction. No permission is checked here."""

from __future__ import annotations

from django.db import connection
from django.db.models import F
from django.db.models.functions import Now

from cloudportal.infrastructure.models import Cluster, Zone
from storage.models import DiskOffering, StoragePool, Template, Volume
from tenants.models import Account

# Of the pools of the cluster that may take the volume the emptiest, and the room taken in the same statement.
# One that a neighbour is taking is skipped at first; who then waits does so in the order of the ids, as for hosts.
_RESERVE = """
UPDATE storage_storagepool SET allocated_bytes = allocated_bytes + %(size)s
WHERE id = (
    SELECT id FROM storage_storagepool
    WHERE cluster_id = %(cluster)s AND allocation_state = 'Enabled' AND last_error = ''
      AND capacity_bytes - allocated_bytes >= %(size)s
      AND total_bytes - available_bytes <= total_bytes * disable_threshold
    ORDER BY {order}
    LIMIT 1 FOR NO KEY UPDATE {skip})
RETURNING id
"""
_EMPTIEST = _RESERVE.format(order="capacity_bytes - allocated_bytes DESC, id", skip="SKIP LOCKED")
_WAITING = _RESERVE.format(order="id", skip="")


def reserve_pool(cluster: Cluster, size_bytes: int) -> StoragePool | None:
    """Take room in a pool of the cluster; None when none has it. The pool's CHECK has the last word.

    After None the caller rolls back to a savepoint, since locks on pools that proved full are still held.
    """
    for statement in (_EMPTIEST, _WAITING):
        with connection.cursor() as cursor:
            cursor.execute(statement, {"cluster": cluster.pk, "size": size_bytes})
            if row := cursor.fetchone():
                return StoragePool.objects.get(pk=row[0])
    return None


def allocate_root_volume(
    *, account: Account, zone: Zone, pool: StoragePool, name: str, offering: DiskOffering, template: Template
) -> Volume:
    """A root volume in room that was reserved already."""
    return Volume.objects.create(
        account=account, zone=zone, pool=pool, name=name, offering=offering, template=template,
        kind=Volume.Kind.ROOT, size_bytes=template.size_bytes,
    )  # fmt: skip


def mark_gone(volume: Volume) -> bool:
    """Mark a volume gone; false when it was so already. Whoever gets true gives back what it held.

    `volume` itself stays as it was read: it says of which pool.
    """
    gone = Volume.objects.filter(pk=volume.pk, removed_at=None)
    return bool(gone.update(state="Expunged", removed_at=Now(), pool=None))


def give_room_back(volume: Volume) -> None:
    """Give back the room of a volume that was marked gone."""
    if volume.pool_id is not None:
        pools = StoragePool.objects.filter(pk=volume.pool_id)
        pools.update(allocated_bytes=F("allocated_bytes") - volume.size_bytes)

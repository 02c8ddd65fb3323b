"""Primary storage pools."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from cloudportal.core import events
from cloudportal.core.driver_errors import DriverError
from cloudportal.core.errors import InvalidInput, Unreachable
from cloudportal.core.writing import insert, update
from cloudportal.infrastructure.models import Cluster
from cloudportal.infrastructure.services.engines import check_engine_url
from storage.engines import backend_of
from storage.models import StoragePool
from storage.pools import measure_pool
from tenants.actor import Actor


def create_pool(actor: Actor, *, cluster: Cluster, name: str, url: str, path: str, **more: Any) -> StoragePool:
    """Add a pool to a cluster: it is made on the engine if it is not there, and measured.

    Raises:
        PermissionDenied: the actor does not manage the infrastructure.
        InvalidInput: a field is wrong, the URL does not suit the cluster, or the name is taken.
        Unreachable: the engine did not answer, or refused; nothing is kept.
    """
    actor.require_everywhere("infrastructure.manage")
    check_engine_url(cluster, url, "pool")
    if not path.startswith("/"):
        raise InvalidInput({"path": "The path must be absolute."})
    pool = StoragePool(cluster=cluster, zone=cluster.pod.zone, name=name, url=url, path=path, **more)
    with transaction.atomic():
        insert(pool)
        try:
            backend_of(pool).prepare()
            measure_pool(pool)
        except DriverError as error:
            raise Unreachable(f"The pool can't be used: {error}") from error
        events.record(actor, "storage.create_pool", f"Storage pool {pool} created.", resource=pool)
    pool.refresh_from_db()
    return pool


def update_pool(actor: Actor, *, pool: StoragePool, **changes: Any) -> StoragePool:
    """Change a pool's name, thresholds, overprovisioning or allocation state; the refusals of `create_pool`."""
    actor.require_everywhere("infrastructure.manage")
    with transaction.atomic():
        update(pool, **changes)
        if "overprovisioning" in changes:
            capacity = int(pool.total_bytes * pool.overprovisioning)
            if capacity < pool.allocated_bytes:
                raise InvalidInput({"overprovisioning": "More has been promised than that allows."})
            update(pool, capacity_bytes=capacity)
        events.record(
            actor, "storage.update_pool", f"Storage pool {pool} changed.", resource=pool, fields=sorted(changes)
        )
    return pool

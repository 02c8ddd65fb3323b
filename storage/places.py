"""Storage pools as places where settings may be overridden."""

from __future__ import annotations

from storage import selectors
from storage.models import StoragePool
from tenants.places import Scope, declare_scope

declare_scope(
    Scope("pool", StoragePool, selectors.pools),
    lambda pool: [("pool", pool.pk), ("cluster", pool.cluster_id), ("zone", pool.zone_id)],
)

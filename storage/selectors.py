"""Reading storage."""

from __future__ import annotations

from django.db.models import Q, QuerySet, Sum

from cloudportal.infrastructure.selectors import Capacity
from storage.models import DiskOffering, SecondaryStore, StoragePool, Template, TemplateShare, Volume
from tenants.actor import Actor
from tenants.models import Account
from tenants.sharing import own_or_shared, shared_with


def volumes(actor: Actor) -> QuerySet[Volume]:
    """Volumes that are not removed."""
    rows = Volume.objects.filter(actor.scope("storage.view"), removed_at=None)
    return rows.select_related("zone", "account", "offering", "template")


def templates(actor: Actor) -> QuerySet[Template]:
    """The actor's own, those shared with it and those for everybody, as long as they are not removed."""
    seen = own_or_shared(actor, "storage.view", TemplateShare) | Q(is_public=True)
    return Template.objects.filter(seen, removed_at=None).select_related("account__domain", "store__zone")


def templates_for(actor: Actor, account: Account) -> QuerySet[Template]:
    """Those that the actor may start an account's instances from."""
    usable = actor.scope("storage.view") | Q(is_public=True) | shared_with(account, TemplateShare)
    return templates(actor).filter(usable)


def disk_offerings(actor: Actor) -> QuerySet[DiskOffering]:
    return DiskOffering.objects.all() if actor.is_operator else DiskOffering.objects.filter(is_active=True)


def pools(actor: Actor) -> QuerySet[StoragePool]:
    return StoragePool.objects.select_related("zone", "cluster") if actor.is_operator else StoragePool.objects.none()


def stores(actor: Actor) -> QuerySet[SecondaryStore]:
    return SecondaryStore.objects.select_related("zone") if actor.is_operator else SecondaryStore.objects.none()


def storage_capacity(actor: Actor) -> list[Capacity]:
    """Primary storage promised and used, and secondary storage used."""
    primary = pools(actor).order_by().aggregate(
        promised=Sum("allocated_bytes", default=0), capacity=Sum("capacity_bytes", default=0),
        total=Sum("total_bytes", default=0), available=Sum("available_bytes", default=0),
    )  # fmt: skip
    secondary = (
        stores(actor)
        .order_by()
        .aggregate(total=Sum("total_bytes", default=0), available=Sum("available_bytes", default=0))
    )
    return [
        Capacity("Primary storage promised", "bytes", primary["promised"], primary["capacity"]),
        Capacity("Primary storage used", "bytes", primary["total"] - primary["available"], primary["total"]),
        Capacity("Secondary storage", "bytes", secondary["total"] - secondary["available"], secondary["total"]),
    ]

"""Storage pools, secondary stores and disk offerings for operators."""

from __future__ import annotations

from decimal import Decimal

from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from cloudportal.doors.admin.base import PortalAdmin
from cloudportal.doors.admin.display import badge, bar, price, size
from cloudportal.doors.admin.forms import PlaceField, SecretField, ServiceForm
from cloudportal.infrastructure import selectors as infrastructure
from cloudportal.infrastructure.models import Zone
from cloudportal.infrastructure.selectors import Capacity
from storage import selectors
from storage.models import DiskOffering, SecondaryStore, StoragePool
from storage.services import disk_offerings, pools, stores


class PoolForm(ServiceForm):
    password = SecretField(label=_("Password"))

    class Meta:
        labels = {"url": _("URL"), "warn_threshold": _("Warn at"), "disable_threshold": _("Full at")}
        help_texts = {
            "url": _("The engine that makes the pool, such as the hypervisor of one of the cluster's hosts."),
            "path": _("Where volumes lie, on every host of the cluster. Absolute."),
            "overprovisioning": _("How many times its room may be promised: 1 or more."),
            "warn_threshold": _("The share of the device in use that shows as a warning, such as 0.80."),
            "disable_threshold": _("The share of the device in use above which nothing new is placed here."),
        }


@admin.register(StoragePool)
class StoragePoolAdmin(PortalAdmin):
    selector = selectors.pools
    create_service = pools.create_pool
    update_service = pools.update_pool
    argument = "pool"
    form = PoolForm
    places = {"cluster": (infrastructure.clusters, PlaceField)}
    minimums = {"overprovisioning": Decimal(1), "warn_threshold": Decimal(0), "disable_threshold": Decimal(0)}
    fixed = ("cluster", "url", "path")
    facts = ("promised", "used", "checked_at", "last_error")
    write_only = ("password",)
    add_fieldsets = (
        (None, {"fields": ("cluster", "name")}),
        (
            _("Connection"),
            {
                "fields": ("url", "path", ("username", "password")),
                "description": _("Saving makes the pool where it is not there yet, and measures it."),
            },
        ),
        (_("What may be promised"), {"fields": ("overprovisioning", ("warn_threshold", "disable_threshold"))}),
    )
    fieldsets = (
        (None, {"fields": ("cluster", "name", "allocation_state")}),
        (_("Connection"), {"fields": (("url", "path"), ("username", "password"))}),
        (_("What may be promised"), {"fields": ("overprovisioning", ("warn_threshold", "disable_threshold"))}),
        (_("Use"), {"fields": (("promised", "used"), ("checked_at", "last_error"))}),
    )
    list_display = ("name", "zone", "cluster", "state", "promised", "used", "path", "last_error")
    list_filter = ("zone", "cluster", "allocation_state")
    search_fields = ("name", "path")

    @display(description=_("Allocation"), ordering="allocation_state")
    def state(self, pool: StoragePool) -> SafeString:
        return badge(pool.allocation_state)

    @display(description=_("Promised"), ordering="allocated_bytes")
    def promised(self, pool: StoragePool) -> SafeString:
        return _bar(pool.allocated_bytes, pool.capacity_bytes, pool.zone)

    @display(description=_("On the device"), ordering="available_bytes")
    def used(self, pool: StoragePool) -> SafeString:
        return _bar(pool.total_bytes - pool.available_bytes, pool.total_bytes, pool.zone)


class StoreForm(ServiceForm):
    class Meta:
        help_texts = {"path": _("A directory that all machines of the portal see, such as an NFS mount. Absolute.")}


@admin.register(SecondaryStore)
class SecondaryStoreAdmin(PortalAdmin):
    selector = selectors.stores
    create_service = stores.create_store
    form = StoreForm
    places = {"zone": (infrastructure.zones, PlaceField)}
    facts = ("used",)
    add_fieldsets = ((None, {"fields": ("zone", "name", "path")}),)
    fieldsets = ((None, {"fields": ("zone", "name", "path", "used")}),)
    list_display = ("name", "zone", "path", "used")
    list_filter = ("zone",)
    search_fields = ("name", "path")

    @display(description=_("Use"), ordering="available_bytes")
    def used(self, store: SecondaryStore) -> SafeString:
        return _bar(store.total_bytes - store.available_bytes, store.total_bytes, store.zone)


class DiskOfferingForm(ServiceForm):
    class Meta:
        labels = {"price_per_gib_hour": _("Price per GiB and hour"), "is_active": _("Offered")}
        help_texts = {
            "price_per_gib_hour": _("A new price holds for what is made from now on."),
            "is_active": _("Off, tenants no longer see it; disks that have it keep it."),
        }


@admin.register(DiskOffering)
class DiskOfferingAdmin(PortalAdmin):
    selector = selectors.disk_offerings
    create_service = disk_offerings.create_disk_offering
    update_service = disk_offerings.update_disk_offering
    argument = "offering"
    form = DiskOfferingForm
    fields = ("name", "description", "price_per_gib_hour", "is_active")
    list_display = ("name", "hourly", "offered", "description")
    list_filter = ("is_active",)
    search_fields = ("name", "description")

    @display(description=_("Price per GiB and hour"), ordering="price_per_gib_hour")
    def hourly(self, offering: DiskOffering) -> str:
        return price(offering.price_per_gib_hour)

    @display(description=_("Offered"), boolean=True, ordering="is_active")
    def offered(self, offering: DiskOffering) -> bool:
        return offering.is_active


def _bar(used: int, total: int, zone: Zone) -> SafeString:
    return bar(Capacity("Storage", "bytes", used, total, zone), f"{size(used)} / {size(total)}")

"""Hosts and service offerings for operators."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from cloudportal.doors.admin.base import PortalAdmin, actor_of
from cloudportal.doors.admin.display import badge, bar, price, size
from cloudportal.doors.admin.forms import PlaceField, SecretField, ServiceForm
from cloudportal.infrastructure import selectors as infrastructure
from cloudportal.infrastructure.models import Host
from cloudportal.infrastructure.selectors import Capacity
from cloudportal.infrastructure.states import ResourceState
from compute import selectors
from compute.models import ServiceOffering
from compute.services import hosts, offerings

MIB = 2**20


class HostForm(ServiceForm):
    password = SecretField(label=_("Password"))

    class Meta:
        labels = {"url": _("URL"), "virt_type": _("Guests run by")}
        help_texts = {
            "url": _("How its hypervisor is reached: qemu+tls://kvm1.example/system, qemu+ssh://root@kvm1/system."),
            "virt_type": _("Whether its guests get KVM or are emulated."),
            "datapath": _("How its Open vSwitch moves packets."),
            "resource_state": _("Disabled, it keeps what runs and takes nothing new."),
        }


@admin.register(Host)
class HostAdmin(PortalAdmin):
    """Adding connects and asks the host what it has; so does a change of how it is reached."""

    selector = infrastructure.hosts
    create_service = hosts.add_host
    update_service = hosts.update_host
    remove_service = hosts.remove_host
    argument = "host"
    form = HostForm
    places = {"cluster": (infrastructure.clusters, PlaceField)}
    fixed = ("cluster",)
    facts = (
        "connection", "cpu_use", "memory_use", "cpus", "memory", "hypervisor_name", "hypervisor_version", "cpu_model",
        "found_virt_type", "last_seen", "last_error", "is_schedulable",
    )  # fmt: skip
    write_only = ("password",)
    add_fieldsets = (
        (None, {"fields": ("cluster", "name")}),
        (
            _("Connection"),
            {
                "fields": ("url", ("username", "password"), ("virt_type", "datapath")),
                "description": _("Saving connects to the host and reads its CPUs, memory and version."),
            },
        ),
    )
    fieldsets = (
        (None, {"fields": ("cluster", "name", "resource_state")}),
        (_("Connection"), {"fields": ("connection", "url", ("username", "password"), ("virt_type", "datapath"))}),
        (_("Use"), {"fields": (("cpu_use", "memory_use"), "is_schedulable")}),
        (
            _("What it said it has"),
            {
                "fields": (
                    ("cpus", "memory"), ("hypervisor_name", "hypervisor_version"), ("cpu_model", "found_virt_type"),
                    ("last_seen", "last_error"),
                )
            },
        ),
    )  # fmt: skip
    list_display = ("name", "zone", "cluster", "wanted", "connection", "cpu_use", "memory_use", "version", "last_seen")
    list_filter = ("connection_state", "resource_state", "zone", "cluster")
    search_fields = ("name", "url")
    actions = ("enable", "disable", "maintain", "connect")
    actions_submit_line = ("connect_now", "enable_now", "disable_now", "maintain_now")

    # What is shown

    @display(description=_("Wanted"), ordering="resource_state")
    def wanted(self, host: Host) -> SafeString:
        return badge(host.resource_state)

    @display(description=_("Connection"), ordering="connection_state")
    def connection(self, host: Host) -> SafeString:
        return badge(host.connection_state)

    @display(description=_("CPUs"), ordering="cpus_used")
    def cpu_use(self, host: Host) -> SafeString:
        used = Capacity("CPUs", "CPUs", host.cpus_used, host.cpu_capacity, host.zone)
        return bar(used, f"{used.used} / {used.total}")

    @display(description=_("Memory"), ordering="memory_used_mib")
    def memory_use(self, host: Host) -> SafeString:
        used = Capacity("Memory", "MiB", host.memory_used_mib, host.memory_capacity_mib, host.zone)
        return bar(used, f"{size(used.used * MIB)} / {size(used.total * MIB)}")

    @display(description=_("Memory"))
    def memory(self, host: Host) -> str:
        return size(host.memory_mib * MIB)

    @display(description=_("Version"), ordering="hypervisor_version")
    def version(self, host: Host) -> str:
        return f"{host.hypervisor_name} {host.hypervisor_version}".strip()

    @display(description=_("Last seen"), ordering="last_seen_at", empty_value=_("never"))
    def last_seen(self, host: Host) -> str | None:
        return _now("%(time)s ago") % {"time": timesince(host.last_seen_at)} if host.last_seen_at else None

    # What is done

    def _set(self, request: HttpRequest, rows: Any, state: str) -> None:
        actor = actor_of(request)
        self.for_each(
            request, rows, lambda host: hosts.update_host_state(actor, host=host, resource_state=state), _now(state)
        )

    def _connect(self, request: HttpRequest, rows: Any) -> None:
        """The same URL counts as a new way to reach the host: it is tried, and the facts are read again."""
        actor = actor_of(request)
        self.for_each(request, rows, lambda host: hosts.update_host(actor, host=host, url=host.url), _now("Connected"))

    @admin.action(description=_("Enable"), permissions=["manage"])
    def enable(self, request: HttpRequest, queryset: QuerySet[Host]) -> None:
        self._set(request, queryset, ResourceState.ENABLED)

    @admin.action(description=_("Disable"), permissions=["manage"])
    def disable(self, request: HttpRequest, queryset: QuerySet[Host]) -> None:
        self._set(request, queryset, ResourceState.DISABLED)

    @admin.action(description=_("Put into maintenance"), permissions=["manage"])
    def maintain(self, request: HttpRequest, queryset: QuerySet[Host]) -> None:
        self._set(request, queryset, ResourceState.MAINTENANCE)

    @admin.action(description=_("Connect now"), permissions=["manage"])
    def connect(self, request: HttpRequest, queryset: QuerySet[Host]) -> None:
        self._connect(request, queryset)

    @action(description=_("Enable"), permissions=["manage"])
    def enable_now(self, request: HttpRequest, host: Host) -> None:
        self._set(request, [host], ResourceState.ENABLED)

    @action(description=_("Disable"), permissions=["manage"])
    def disable_now(self, request: HttpRequest, host: Host) -> None:
        self._set(request, [host], ResourceState.DISABLED)

    @action(description=_("Maintenance"), permissions=["manage"])
    def maintain_now(self, request: HttpRequest, host: Host) -> None:
        self._set(request, [host], ResourceState.MAINTENANCE)

    @action(description=_("Connect now"), permissions=["manage"])
    def connect_now(self, request: HttpRequest, host: Host) -> None:
        self._connect(request, [host])


class OfferingForm(ServiceForm):
    class Meta:
        labels = {"cpus": _("CPUs"), "memory_mib": _("Memory (MiB)"), "is_active": _("Offered")}
        help_texts = {
            "price_per_hour": _("For a running hour."),
            "is_active": _("Off, tenants no longer see it; instances that have it keep it."),
        }


@admin.register(ServiceOffering)
class ServiceOfferingAdmin(PortalAdmin):
    selector = selectors.offerings
    create_service = offerings.create_offering
    update_service = offerings.update_offering
    argument = "offering"
    form = OfferingForm
    fixed = ("cpus", "memory_mib", "root_disk")
    fieldsets = (
        (None, {"fields": ("name", "description", "is_active")}),
        (_("Size"), {"fields": (("cpus", "memory_mib"), "root_disk")}),
        (_("Price"), {"fields": ("price_per_hour",)}),
    )
    list_display = ("name", "cpus", "memory", "root_disk", "hourly", "offered", "description")
    list_filter = ("is_active",)
    search_fields = ("name", "description")

    @display(description=_("Memory"), ordering="memory_mib")
    def memory(self, offering: ServiceOffering) -> str:
        return size(offering.memory_mib * MIB)

    @display(description=_("Price per hour"), ordering="price_per_hour")
    def hourly(self, offering: ServiceOffering) -> str:
        return price(offering.price_per_hour)

    @display(description=_("Offered"), boolean=True, ordering="is_active")
    def offered(self, offering: ServiceOffering) -> bool:
        return offering.is_active

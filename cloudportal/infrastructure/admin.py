"""Zones, pods and clusters for operators. Hosts are added by compute, which connects to them."""

from __future__ import annotations

from decimal import Decimal

from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from cloudportal.doors.admin.base import PortalAdmin
from cloudportal.doors.admin.display import badge
from cloudportal.doors.admin.forms import AddressesField, PlaceField, ServiceForm
from cloudportal.infrastructure import selectors
from cloudportal.infrastructure.models import Cluster, Pod, Zone
from cloudportal.infrastructure.services import clusters, zones


class ZoneForm(ServiceForm):
    dns_servers = AddressesField(label=_("DNS servers"), help_text=_("What instances ask, between commas."))

    class Meta:
        labels = {"network_url": _("Network URL"), "public_cidr": _("Public CIDR"), "guest_mtu": _("Guest MTU")}
        help_texts = {
            "network_url": _("The northbound side of the network engine, such as ovn+tcp://192.0.2.1:6641."),
            "public_mapping": _("The name under which the hosts know the public network."),
            "public_cidr": _("Such as 203.0.113.0/24. Addresses for tenants are added as ranges of it."),
            "public_gateway": _("The next hop to the outside; it lies in the public CIDR."),
            "guest_mtu": _("In bytes: what fits through the tunnel between hosts."),
            "domain": _("What follows the names of instances in DNS."),
            "allocation_state": _("Disabled, it is hidden from tenants and takes nothing new."),
        }


@admin.register(Zone)
class ZoneAdmin(PortalAdmin):
    selector = selectors.zones
    create_service = zones.create_zone
    update_service = zones.update_zone
    argument = "zone"
    form = ZoneForm
    fieldsets = (
        (None, {"fields": ("name", "allocation_state")}),
        (_("Guest networks"), {"fields": ("network_url", "guest_mtu", "dns_servers", "domain")}),
        (_("Public network"), {"fields": ("public_cidr", "public_gateway", "public_mapping")}),
    )
    list_display = ("name", "state", "public_cidr", "public_gateway", "network_url")
    list_filter = ("allocation_state",)
    search_fields = ("name",)

    @display(description=_("Allocation"), ordering="allocation_state")
    def state(self, zone: Zone) -> SafeString:
        return badge(zone.allocation_state)


@admin.register(Pod)
class PodAdmin(PortalAdmin):
    selector = selectors.pods
    create_service = zones.create_pod
    update_service = zones.update_pod
    argument = "pod"
    places = {"zone": (selectors.zones, PlaceField)}
    fixed = ("zone",)
    fields = ("zone", "name", "allocation_state")
    list_display = ("name", "zone", "state")
    list_filter = ("zone", "allocation_state")
    search_fields = ("name",)

    @display(description=_("Allocation"), ordering="allocation_state")
    def state(self, pod: Pod) -> SafeString:
        return badge(pod.allocation_state)


class ClusterForm(ServiceForm):
    class Meta:
        labels = {"cpu_overcommit": _("CPU overcommit")}
        help_texts = {
            "hypervisor": _("All hosts of a cluster are of one kind."),
            "cpu_overcommit": _("How many times its CPUs may be promised: 1 or more."),
            "memory_overcommit": _("How many times its memory may be promised: 1 or more."),
        }


@admin.register(Cluster)
class ClusterAdmin(PortalAdmin):
    selector = selectors.clusters
    create_service = clusters.create_cluster
    update_service = clusters.update_cluster
    argument = "cluster"
    form = ClusterForm
    places = {"pod": (selectors.pods, PlaceField)}
    minimums = {"cpu_overcommit": Decimal(1), "memory_overcommit": Decimal(1)}
    fixed = ("pod", "hypervisor")
    fieldsets = (
        (None, {"fields": ("pod", "name", "hypervisor", "allocation_state")}),
        (_("What may be promised"), {"fields": (("cpu_overcommit", "memory_overcommit"),)}),
    )
    list_display = ("name", "zone", "pod", "hypervisor", "cpu_overcommit", "memory_overcommit", "state")
    list_filter = ("pod__zone", "hypervisor", "allocation_state")
    search_fields = ("name",)

    @display(description=_("Zone"), ordering="pod__zone__name")
    def zone(self, cluster: Cluster) -> str:
        return cluster.pod.zone.name

    @display(description=_("Allocation"), ordering="allocation_state")
    def state(self, cluster: Cluster) -> SafeString:
        return badge(cluster.allocation_state)

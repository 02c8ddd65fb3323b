"""Public addresses for operators: a list to read, and a form that adds a range."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import display
from unfold.paginator import InfinitePaginator
from unfold.widgets import UnfoldAdminTextInputWidget

from cloudportal.doors.admin.base import PortalAdmin
from cloudportal.doors.admin.display import badge, price
from cloudportal.doors.admin.forms import PlaceField, ServiceForm
from cloudportal.infrastructure import selectors as infrastructure
from network import selectors
from network.models import PublicAddress
from network.services.public_addresses import add_public_range
from tenants.actor import Actor


class RangeForm(ServiceForm):
    first = forms.CharField(
        label=_("First address"), max_length=15, widget=UnfoldAdminTextInputWidget,
        help_text=_("The range lies in the zone's public CIDR, without its gateway."),
    )  # fmt: skip
    last = forms.CharField(
        label=_("Last address"), max_length=15, widget=UnfoldAdminTextInputWidget,
        help_text=_("Addresses that are in stock already stay as they are."),
    )  # fmt: skip

    class Meta:
        help_texts = {"price_per_hour": _("For each address that an account holds.")}


class HeldFilter(SimpleListFilter):
    title = _("state")
    parameter_name = "held"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("In use")), ("no", _("Free"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[PublicAddress]) -> QuerySet[PublicAddress]:
        return queryset.filter(account__isnull=self.value() == "no") if self.value() in ("yes", "no") else queryset


@admin.register(PublicAddress)
class PublicAddressAdmin(PortalAdmin):
    selector = selectors.public_addresses
    create_service = add_public_range
    form = RangeForm
    places = {"zone": (infrastructure.zones, PlaceField)}
    paginator = InfinitePaginator
    add_fieldsets = ((None, {"fields": ("zone", ("first", "last"), "price_per_hour")}),)
    fieldsets = ((None, {"fields": ("zone", "address", "account", "network", "is_source_nat", "price_per_hour")}),)
    list_display = ("address", "zone", "state", "account", "network", "source_nat", "hourly")
    list_filter = ("zone", HeldFilter)
    search_fields = ("address",)

    def create(self, actor: Actor, values: dict[str, Any], request: HttpRequest) -> PublicAddress:
        added = add_public_range(actor, **values)
        words = ngettext("%(count)s address was added.", "%(count)s addresses were added.", added)
        self.message_user(request, words % {"count": added})
        return PublicAddress(zone=values["zone"])

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        """Many rows were added, so none of them is the page to go on with."""
        again = "_addanother" in request.POST
        return redirect("admin:network_publicaddress_add" if again else "admin:network_publicaddress_changelist")

    @display(description=_("State"))
    def state(self, address: PublicAddress) -> SafeString:
        return badge(_now("Free") if address.account_id is None else _now("In use"))

    @display(description=_("Source NAT"), ordering="is_source_nat")
    def source_nat(self, address: PublicAddress) -> str:
        return _now("Yes") if address.is_source_nat else ""

    @display(description=_("Price per hour"), ordering="price_per_hour")
    def hourly(self, address: PublicAddress) -> str:
        return price(address.price_per_hour)

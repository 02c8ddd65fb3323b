"""Forms of networks."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cloudportal.doors.web.accounts import accounts_to_choose, own_account
from cloudportal.infrastructure.models import Zone
from cloudportal.infrastructure.selectors import zones
from tenants.actor import Actor


class NetworkForm(forms.Form):
    zone = forms.ModelChoiceField(Zone.objects.none(), to_field_name="uuid", empty_label=None)
    name = forms.CharField(max_length=63, widget=forms.TextInput(attrs={"placeholder": "backend"}))
    cidr = forms.CharField(
        label="CIDR",
        max_length=18,
        widget=forms.TextInput(attrs={"placeholder": "10.1.0.0/24", "class": "mono"}),
        help_text=_("A private range, /16 to /29. The router takes the first address; yours come from the rest."),
    )

    def __init__(self, *args: Any, actor: Actor, **options: Any) -> None:
        super().__init__(*args, **options)
        zone: Any = self.fields["zone"]
        zone.queryset = zones(actor)
        accounts = accounts_to_choose(actor, "network.manage")
        self.account = own_account(actor, "network.manage")
        if accounts[:2].count() > 1:
            self.fields["account"] = forms.ModelChoiceField(
                accounts, to_field_name="uuid", empty_label=None, initial=str(self.account.uuid)
            )
            self.order_fields(["account"])

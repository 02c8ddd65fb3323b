"""Forms of networks."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cloudportal.doors.web.accounts import ForAccount
from cloudportal.infrastructure.models import Zone
from cloudportal.infrastructure.selectors import zones
from tenants.actor import Actor


class NetworkForm(ForAccount):
    permission = "network.manage"

    zone = forms.ModelChoiceField(Zone.objects.none(), to_field_name="uuid", empty_label=None)
    name = forms.CharField(max_length=63, widget=forms.TextInput(attrs={"placeholder": "backend"}))
    cidr = forms.CharField(
        label="CIDR",
        max_length=18,
        widget=forms.TextInput(attrs={"placeholder": "10.1.0.0/24", "class": "mono"}),
        help_text=_("A private range, /16 to /29. The router takes the first address; yours come from the rest."),
    )

    def __init__(self, *args: Any, actor: Actor, **options: Any) -> None:
        super().__init__(*args, actor=actor, **options)
        zone: Any = self.fields["zone"]
        zone.queryset = zones(actor)

"""Forms of storage."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cloudportal.doors.web.accounts import ForAccount
from cloudportal.infrastructure.models import Zone
from cloudportal.infrastructure.selectors import zones
from storage.models import Template
from tenants.actor import Actor


class TemplateForm(ForAccount):
    """Either a URL or a file; which one the service takes is the view's to say."""

    permission = "storage.manage"

    zone = forms.ModelChoiceField(Zone.objects.none(), to_field_name="uuid", empty_label=None)
    name = forms.CharField(max_length=63, widget=forms.TextInput(attrs={"placeholder": "debian-12"}))
    url = forms.CharField(
        required=False,
        label="URL",
        max_length=1024,
        widget=forms.URLInput(attrs={"placeholder": "https://cloud.debian.org/…/debian-12-generic-amd64.qcow2"}),
        help_text=_("Fetched by the portal. It must be reachable from the internet; internal addresses are refused."),
    )
    file = forms.FileField(required=False, label=_("Or a file from your computer"))
    format = forms.ChoiceField(choices=Template.Format.choices, initial=Template.Format.QCOW2)
    os_type = forms.CharField(label=_("Operating system"), max_length=64, initial="Linux")
    checksum = forms.CharField(
        required=False,
        max_length=80,
        widget=forms.TextInput(attrs={"placeholder": "sha256:…", "class": "mono", "spellcheck": "false"}),
        help_text=_("If you know it, the file is compared with it before anybody can start from it."),
    )
    is_public = forms.BooleanField(required=False, label=_("For everybody in the cloud"))

    def __init__(self, *args: Any, actor: Actor, **options: Any) -> None:
        super().__init__(*args, actor=actor, **options)
        zone: Any = self.fields["zone"]
        zone.queryset = zones(actor)
        if not actor.is_operator:
            del self.fields["is_public"]

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        if "url" in values and "file" in values and bool(values["url"]) == bool(values["file"]):
            self.add_error("url", _("Give a URL or choose a file: one of the two."))
        return values

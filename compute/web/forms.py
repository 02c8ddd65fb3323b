"""Forms of compute. Fields have the names that the API has."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from cloudportal.doors.web.accounts import ForAccount
from cloudportal.infrastructure.models import Zone
from cloudportal.infrastructure.selectors import zones
from compute import selectors
from network.selectors import networks_for
from storage.selectors import templates_for
from tenants.actor import Actor

MANY = ("networks", "ssh_keys")


class DeployForm(ForAccount):
    """The deploy wizard. What can be chosen follows from the zone and the account that are chosen already."""

    permission = "compute.manage"

    zone = forms.ModelChoiceField(Zone.objects.none(), to_field_name="uuid")
    template = forms.ModelChoiceField(
        Zone.objects.none(), to_field_name="uuid", error_messages={"required": _("Choose what it starts from.")}
    )
    offering = forms.ModelChoiceField(
        Zone.objects.none(), to_field_name="uuid", error_messages={"required": _("Choose a size.")}
    )
    networks = forms.ModelMultipleChoiceField(
        Zone.objects.none(), to_field_name="uuid", error_messages={"required": _("Choose at least one network.")}
    )
    ssh_keys = forms.ModelMultipleChoiceField(
        Zone.objects.none(), to_field_name="uuid", required=False, label=_("SSH keys")
    )
    user_data = forms.CharField(
        required=False,
        strip=False,
        label=_("User data"),
        widget=forms.Textarea(
            attrs={"rows": 8, "spellcheck": "false", "placeholder": "#cloud-config\npackages: [nginx]"}
        ),
        help_text=_("A cloud-config or a script for the first boot, 32 KiB at most."),
    )
    name = forms.CharField(
        max_length=63,
        help_text=_("Lower-case letters, digits and hyphens: it becomes the host name."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "placeholder": "web-1"}),
    )

    def __init__(self, *args: Any, actor: Actor, **options: Any) -> None:
        super().__init__(*args, actor=actor, **options)
        self.zones = list(zones(actor))
        self.chosen_zone = self._chosen("zone", zones(actor)) or (self.zones[0] if self.zones else None)
        account = self.made_for
        ready = templates_for(actor, account).filter(store__zone=self.chosen_zone, state="Ready")
        open_networks = networks_for(actor, account).filter(state__in=("Implemented", "Implementing"))
        self._offer("zone", zones(actor))
        self._offer("template", ready.order_by("-is_public", "name"))
        self._offer("offering", selectors.offerings(actor).filter(is_active=True))
        self._offer("networks", open_networks.filter(zone=self.chosen_zone))
        self._offer("ssh_keys", selectors.ssh_keys_for(actor, account))

    def _offer(self, name: str, rows: QuerySet[Any]) -> None:
        field: Any = self.fields[name]
        field.queryset = rows

    def raw(self, name: str) -> list[str]:
        """What is chosen so far, as text, whether it was sent or is only filled in."""
        value = self.data.getlist(name) if self.is_bound else self.initial.get(name, [])  # type: ignore[attr-defined]
        return [str(part) for part in (value if isinstance(value, list) else [value]) if part]

    def _chosen(self, name: str, rows: QuerySet[Any]) -> Any:
        """The row that is chosen, if it can be."""
        try:
            return rows.filter(uuid__in=self.raw(name)).first()
        except forms.ValidationError:
            return None

    def choices(self, name: str) -> list[dict[str, Any]]:
        """The rows that can be chosen, with those marked that are."""
        field: Any = self.fields[name]
        chosen = set(self.raw(name))
        return [
            {"row": row, "chosen": str(row.uuid) in chosen, "shared_by": self._shared_by(row)}
            for row in field.queryset[:200]
        ]

    def _shared_by(self, row: Any) -> str:
        """Who shares it, of what is neither the chosen account's nor for everybody."""
        owner = getattr(row, "account", None)
        foreign = owner is not None and owner != self.made_for and not getattr(row, "is_public", False)
        return str(owner) if foreign else ""


class SSHKeyForm(ForAccount):
    permission = "compute.manage"

    name = forms.CharField(max_length=63, widget=forms.TextInput(attrs={"placeholder": "laptop"}))
    public_key = forms.CharField(
        label=_("Public key"),
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "placeholder": "ssh-ed25519 AAAA… you@laptop"}),
        help_text=_("The content of ~/.ssh/id_ed25519.pub. Never the private key."),
    )

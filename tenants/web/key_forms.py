"""Forms of API keys."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tenants import selectors
from tenants.actor import Actor
from tenants.models import ApiKey
from tenants.networks import parsed_networks
from tenants.permissions import PERMISSIONS
from tenants.scope import PRESETS

CHOSEN = "chosen"
# A list of more than so many accounts is no help; there is the API.
MOST_OFFERED = 50


class ApiKeyForm(forms.Form):
    """A key of one's own: the presets are those of its permissions that the actor has."""

    name = forms.CharField(
        max_length=64, help_text=_("What it is for: “backup script”, “CI”. You see it in the list.")
    )  # fmt: skip
    preset = forms.ChoiceField(label=_("What it may do"), required=False)
    permissions = forms.MultipleChoiceField(
        label=_("Permissions"), required=False, widget=forms.CheckboxSelectMultiple
    )  # fmt: skip
    expires_at = forms.DateTimeField(
        label=_("Ends on (UTC)"), required=False, help_text=_("Empty: never. You are warned two weeks before."),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )  # fmt: skip
    networks = forms.CharField(
        label=_("Where it may be used from"), required=False, max_length=4000,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false", "placeholder": "192.0.2.0/24"}),
        help_text=_("Networks or addresses, one a line. Empty: from anywhere."),
    )  # fmt: skip

    def __init__(self, *args: Any, actor: Actor, key: ApiKey | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self.held = set(actor.reach)
        self.key = key
        self._offer("accounts", _("Only for these accounts"), selectors.reached_accounts(actor).order_by("name"))
        self._offer("domains", _("Only below these domains"), selectors.reached_domains(actor).order_by("path"))
        presets: Any = self.fields["preset"]
        presets.choices = [
            (name, preset.label)
            for name, preset in PRESETS.items()
            if not preset.permissions or preset.permissions & self.held
        ] + [(CHOSEN, _("What I choose below"))]
        permissions: Any = self.fields["permissions"]
        permissions.choices = [(name, words) for name, words in PERMISSIONS.items() if name in self.held]
        if key is not None:
            self.initial = {**self.initial, **_initial(key)}

    def _offer(self, name: str, label: Any, rows: Any) -> None:
        found = list(rows[: MOST_OFFERED + 1])
        if 1 < len(found) <= MOST_OFFERED:
            places = {str(place.uuid): place for place in found}
            self.fields[name] = forms.TypedMultipleChoiceField(
                label=label, required=False, coerce=places.__getitem__, empty_value=[],
                choices=[(uuid, str(place)) for uuid, place in places.items()],
                widget=forms.SelectMultiple(attrs={"size": min(len(found), 5)}), help_text=_("None chosen: all."),
            )  # fmt: skip
            if self.key is not None:
                ids = getattr(self.key, f"{name.removesuffix('s')}_ids")
                self.initial[name] = [str(place.uuid) for place in found if place.pk in ids]

    def clean_networks(self) -> list[str]:
        try:
            return parsed_networks(self.cleaned_data["networks"].replace(",", " ").split())
        except ValueError as error:
            raise forms.ValidationError(str(error)) from None

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        preset = values.pop("preset", "")
        if preset and preset != CHOSEN:
            values["permissions"] = sorted(PRESETS[preset].permissions & self.held)
        elif preset == CHOSEN and not values.get("permissions") and "permissions" not in self.errors:
            self.add_error("permissions", _("Choose what the key may do."))
        return values


class NewApiKeyForm(ApiKeyForm):
    signs = forms.BooleanField(
        label=_("Also sign requests with it"), required=False,
        help_text=_(
            "For clients of EC2, S3 and CloudStack, which prove the key by a signature instead of sending it. To check "
            "one, the secret itself is kept, encrypted; without this only its hash is."
        ),
    )  # fmt: skip


class RotateForm(forms.Form):
    grace_hours = forms.TypedChoiceField(
        label=_("The old secret works for"), coerce=int, initial=24,
        choices=[(0, _("no longer: it is refused at once")), (1, _("an hour")), (24, _("a day")), (168, _("a week"))],
    )  # fmt: skip


def _initial(key: ApiKey) -> dict[str, Any]:
    chosen = frozenset(key.permissions)
    preset = next((name for name, preset in PRESETS.items() if preset.permissions == chosen), CHOSEN)
    return {
        "name": key.name, "preset": preset, "permissions": key.permissions, "expires_at": key.expires_at,
        "networks": "\n".join(key.networks),
    }  # fmt: skip

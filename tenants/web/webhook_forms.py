"""Forms of webhooks."""

from __future__ import annotations

from typing import Any

from django import forms

from cloudportal.core.models import Event
from tenants import selectors
from tenants.actor import NOWHERE, Actor
from tenants.models import Account, Domain

SHOWN_OWNERS = 500


class WebhookForm(forms.Form):
    """What a webhook is told, and where it is posted."""

    name = forms.CharField(max_length=64)
    url = forms.CharField(
        max_length=1024,
        label="URL",
        help_text="It must be reachable from the internet; internal addresses are refused.",
    )
    actions = forms.CharField(
        required=False,
        help_text="Beginnings of actions, separated by spaces: compute. storage. Empty: all events.",
    )
    level = forms.ChoiceField(choices=Event.Level.choices, initial=Event.Level.INFO, help_text="From this level on.")

    def clean_actions(self) -> list[str]:
        return str(self.cleaned_data["actions"]).replace(",", " ").split()


class OwnerChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.domain} / {obj}" if isinstance(obj, Account) else str(obj)


class NewWebhookForm(WebhookForm):
    """With the choice of whose events, for those who have one: an account, or a domain with everything below it."""

    account = OwnerChoice(Account.objects.none(), required=False, to_field_name="uuid", empty_label="A domain instead")
    domain = OwnerChoice(Domain.objects.none(), required=False, to_field_name="uuid", empty_label="No domain")
    field_order = ("account", "domain", "name", "url", "actions", "level")

    def __init__(self, *args: Any, actor: Actor, **options: Any) -> None:
        super().__init__(*args, **options)
        accounts = selectors.accounts_with_webhooks(actor).order_by("name")
        self.own = accounts.filter(pk=actor.account_id or 0).first() or accounts.first()
        self.fields["account"].queryset = accounts[:SHOWN_OWNERS]  # type: ignore[attr-defined]
        self.fields["account"].initial = self.own.uuid if self.own else None
        if actor.reach.get("webhooks.manage", NOWHERE).paths:
            self.fields["domain"].queryset = selectors.domains(actor)  # type: ignore[attr-defined]
        else:
            # Of one account only: there is nothing to choose.
            del self.fields["account"], self.fields["domain"]

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if "domain" not in self.fields:
            values["account"] = self.own
        return values


class EnabledWebhookForm(WebhookForm):
    is_enabled = forms.BooleanField(required=False, label="Enabled")

"""Forms of how the users of a domain sign in."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from tenants.models import Account, IdentityProvider
from tenants.models.sign_in_policy import LONGEST, SHORTEST
from tenants.services.provider_roles import ROLES

_LINE = re.compile(r"(?P<group>.+?)\s*=\s*(?P<role>\w+)\s+on\s+(?P<on>account|domain)")


class SignInPolicyForm(forms.Form):
    mfa_required = forms.BooleanField(
        required=False,
        label=_("Everybody signs in with a second factor"),
        help_text=_("Here and in all domains below. Who has none is led to set one up, and can do nothing before."),
    )
    password_min_length = forms.IntegerField(
        required=False,
        min_value=SHORTEST,
        max_value=LONGEST,
        label=_("Shortest password"),
        help_text=_("For new passwords, here and below. Empty: the portal's own."),
    )
    alias = forms.CharField(
        required=False,
        max_length=40,
        label=_("Short name"),
        help_text=_("The last part of the domain's own sign-in address. Small letters, digits and hyphens."),
    )


class RoleMapping(forms.CharField):
    """One line a group: ``cloud-admins = member on account``."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> Any:
        found = []
        for line in filter(str.strip, (super().to_python(value) or "").splitlines()):
            match = _LINE.fullmatch(line.strip())
            if match is None or match["role"] not in ROLES:
                raise forms.ValidationError(
                    _("“%(line)s” is not of the form “group = role on account”; roles are %(roles)s."),
                    params={"line": line.strip()[:80], "roles": ", ".join(ROLES)},
                )
            found.append(match.groupdict())
        return found


class Names(forms.CharField):
    """Names between commas or spaces."""

    def to_python(self, value: Any) -> Any:
        return [name for name in re.split(r"[\s,]+", super().to_python(value) or "") if name]


class IdentityProviderForm(forms.Form):
    name = forms.CharField(max_length=64, label=_("Name"), help_text=_("What the button says: “Sign in with …”."))
    issuer = forms.CharField(
        max_length=255,
        label=_("Issuer"),
        help_text=_("The URL below which the provider has its /.well-known/openid-configuration."),
    )
    client_id = forms.CharField(max_length=255, label=_("Client id"))
    client_secret = forms.CharField(
        required=False, max_length=255, strip=False, label=_("Client secret"),
        widget=forms.PasswordInput({"autocomplete": "off"}),
        help_text=_("Kept encrypted and never shown. Empty: the one that is there stays."),
    )  # fmt: skip
    account = forms.ModelChoiceField(
        Account.objects.none(),
        required=False,
        to_field_name="uuid",
        label=_("New users join"),
        empty_label=_("Nobody new is let in"),
        help_text=_("Otherwise only users are let in whose e-mail address is known here."),
    )
    trusts_emails = forms.BooleanField(
        required=False,
        label=_("The provider has checked all its addresses"),
        help_text=_("For providers that do not say so for each user."),
    )
    groups_claim = forms.CharField(max_length=64, initial="groups", label=_("Claim with the groups"))
    role_mapping = RoleMapping(
        required=False,
        label=_("Roles of groups"),
        help_text=_("One a line, such as “cloud-admins = member on account”. A role is granted at sign-in."),
    )
    email_domains = Names(
        required=False,
        max_length=2000,
        label=_("Addresses that lead here"),
        help_text=_("Such as acme.example. Who types such an address on the sign-in page is led to this provider."),
    )
    is_enabled = forms.BooleanField(required=False, initial=True, label=_("Enabled"))

    def __init__(
        self, *args: Any, accounts: QuerySet[Account] | None = None, is_operator: bool = False, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        if accounts is not None:
            self.fields["account"].queryset = accounts.order_by("name")  # type: ignore[attr-defined]
        if not is_operator:
            del self.fields["email_domains"]

    @staticmethod
    def values_of(provider: IdentityProvider) -> dict[str, Any]:
        """What the form shows of a provider; not its secret."""
        plain = ("name", "issuer", "client_id", "trusts_emails", "groups_claim", "is_enabled")
        lines = [f"{entry['group']} = {entry['role']} on {entry['on']}" for entry in provider.role_mapping]
        return {name: getattr(provider, name) for name in plain} | {
            "account": provider.account.uuid if provider.account else None,
            "role_mapping": "\n".join(lines),
            "email_domains": ", ".join(provider.email_domains),
        }

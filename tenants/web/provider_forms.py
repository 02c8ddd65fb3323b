"""Forms of the providers of identities, one for each kind."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from tenants.models import Account, IdentityProvider
from tenants.models.identity_provider import ATTRIBUTES, Kind
from tenants.services.provider_roles import ROLES

_LINE = re.compile(r"(?P<group>.+?)\s*=\s*(?P<role>\w+)\s+on\s+(?P<on>account|domain)")
_ATTRIBUTE = re.compile(r"(?P<fact>\w+)\s*=\s*(?P<attribute>\S*)")


class RoleMapping(forms.CharField):
    """One line a group: ``cloud-admins = member on account``."""

    widget = forms.Textarea({"rows": 5, "spellcheck": "false"})

    def to_python(self, value: Any) -> Any:
        found = []
        for line in _lines(super().to_python(value)):
            match = _LINE.fullmatch(line)
            if match is None or match["role"] not in ROLES:
                raise forms.ValidationError(
                    _("“%(line)s” is not of the form “group = role on account”; roles are %(roles)s."),
                    params={"line": line[:80], "roles": ", ".join(ROLES)},
                )
            found.append(match.groupdict())
        return found


class Attributes(forms.CharField):
    """One line a fact: ``email = mail``."""

    widget = forms.Textarea({"rows": 6, "spellcheck": "false"})

    def to_python(self, value: Any) -> Any:
        found = {}
        for line in _lines(super().to_python(value)):
            match = _ATTRIBUTE.fullmatch(line)
            if match is None:
                raise forms.ValidationError(
                    _("“%(line)s” is not of the form “email = mail”."), params={"line": line[:80]}
                )
            found[match["fact"]] = match["attribute"]
        return found


class Names(forms.CharField):
    """Names between commas or spaces."""

    def to_python(self, value: Any) -> Any:
        return [name for name in re.split(r"[\s,]+", super().to_python(value) or "") if name]


def _lines(text: str | None) -> list[str]:
    return [line.strip() for line in (text or "").splitlines() if line.strip()]


def _secret(label: Any) -> forms.CharField:
    return forms.CharField(
        required=False, max_length=255, strip=False, label=label,
        widget=forms.PasswordInput({"autocomplete": "off"}),
        help_text=_("Kept encrypted and never shown. Empty: the one that is there stays."),
    )  # fmt: skip


def _certificates(*, required: bool, help_text: Any) -> forms.CharField:
    return forms.CharField(
        required=required, max_length=20_000, label=_("Certificates"), help_text=help_text,
        widget=forms.Textarea({"rows": 5, "spellcheck": "false", "placeholder": "-----BEGIN CERTIFICATE-----"}),
    )  # fmt: skip


def _attributes(kind: Kind) -> Attributes:
    lines = [f"{fact} = {attribute}" for fact, attribute in ATTRIBUTES[kind].items()]
    help_text = _("One a line: what we call it, and what the provider calls it.")
    return Attributes(
        required=False, max_length=4000, label=_("Attributes"), initial="\n".join(lines), help_text=help_text
    )


class ProviderForm(forms.Form):
    """What every provider has."""

    kind: Kind
    # What the kind has of its own, in the order of the form.
    own: tuple[str, ...] = ()

    name = forms.CharField(max_length=64, label=_("Name"), help_text=_("What users know it by."))
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
        help_text=_(
            "Users who are here already are found by them. Only where nobody can write their own address there."
        ),
    )
    role_mapping = RoleMapping(
        required=False,
        label=_("Roles of groups"),
        help_text=_(
            "One a line, such as “cloud-admins = member on account”. Given at sign-in; taken when the group is gone."
        ),
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
        self.order_fields(["name", *self.own])

    @classmethod
    def values_of(cls, provider: IdentityProvider) -> dict[str, Any]:
        """What the form shows of a provider; not its secrets."""
        shown = {name: getattr(provider, name) for name in ("name", "trusts_emails", "is_enabled", *cls.own)}
        lines = [f"{entry['group']} = {entry['role']} on {entry['on']}" for entry in provider.role_mapping]
        shown |= {
            "account": provider.account.uuid if provider.account else None,
            "role_mapping": "\n".join(lines),
            "email_domains": ", ".join(provider.email_domains),
            "servers": ", ".join(provider.servers),
            "attributes": "\n".join(f"{fact} = {attribute}" for fact, attribute in provider.names.items()),
        }
        return {name: value for name, value in shown.items() if name not in {"client_secret", "bind_password"}}


class OpenIDConnectForm(ProviderForm):
    kind = Kind.OPENID_CONNECT
    own = ("issuer", "client_id", "client_secret", "groups_claim")

    issuer = forms.CharField(
        max_length=255,
        label=_("Issuer"),
        help_text=_("The URL below which the provider has its /.well-known/openid-configuration."),
    )
    client_id = forms.CharField(max_length=255, label=_("Client id"))
    client_secret = _secret(_("Client secret"))
    groups_claim = forms.CharField(max_length=64, initial="groups", label=_("Claim with the groups"))


class SamlForm(ProviderForm):
    kind = Kind.SAML
    own = ("issuer", "sso_url", "certificates", "attributes")

    issuer = forms.CharField(max_length=255, label=_("Entity id"), help_text=_("What the provider calls itself."))
    sso_url = forms.CharField(
        max_length=500, label=_("Sign-in URL"), help_text=_("Its single sign-on service for the HTTP-Redirect binding.")
    )
    certificates = _certificates(
        required=True, help_text=_("In PEM: those that sign. Two, while a new one follows an old one.")
    )
    attributes = _attributes(Kind.SAML)


class LdapForm(ProviderForm):
    kind = Kind.LDAP
    own = (
        "servers", "certificates", "bind_dn", "bind_password", "user_base", "user_filter", "group_base", "group_filter",
        "attributes",
    )  # fmt: skip

    servers = Names(
        max_length=1000,
        label=_("Servers"),
        help_text=_(
            "Such as ldaps://ldap.acme.example. ldap:// encrypts by StartTLS. The first that answers is asked."
        ),
    )
    certificates = _certificates(
        required=False, help_text=_("In PEM: who vouches for the servers. Empty: whom this machine trusts anyway.")
    )
    bind_dn = forms.CharField(
        required=False, max_length=255, label=_("Sign in as"), help_text=_("The DN as which the portal searches.")
    )
    bind_password = _secret(_("Its password"))
    user_base = forms.CharField(max_length=255, label=_("Users are below"))
    user_filter = forms.CharField(
        max_length=500,
        initial="(uid={name})",
        label=_("Filter for a user"),
        help_text=_("{name} is what was typed. For Active Directory: (sAMAccountName={name})"),
    )
    group_base = forms.CharField(
        required=False, max_length=255, label=_("Groups are below"), help_text=_("Empty: there are no groups.")
    )
    group_filter = forms.CharField(
        required=False,
        max_length=500,
        initial="(member={dn})",
        label=_("Filter for the groups of a user"),
        help_text=_("{dn} is the entry of the user, {name} what was typed."),
    )
    attributes = _attributes(Kind.LDAP)


FORMS: dict[str, type[ProviderForm]] = {form.kind.value: form for form in (OpenIDConnectForm, SamlForm, LdapForm)}


class TrialForm(forms.Form):
    username = forms.CharField(
        required=False,
        max_length=150,
        label=_("Look for a user"),
        help_text=_("No password is needed. Empty: only connect, sign in and search."),
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )

"""The form of a domain's rules for signing in."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from tenants.models.sign_in_policy import LONGEST, SHORTEST


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

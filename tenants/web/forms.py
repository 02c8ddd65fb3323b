"""Forms of tenancy."""

from __future__ import annotations

from django import forms


class ViewAsForm(forms.Form):
    reason = forms.CharField(
        max_length=255, required=False, help_text="Such as the number of a ticket. The user can read it in the events."
    )

"""Forms of tenancy."""

from __future__ import annotations

from django import forms


class ApiKeyForm(forms.Form):
    name = forms.CharField(max_length=64, help_text="What it is for: “backup script”, “CI”. You see it in the list.")

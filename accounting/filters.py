"""The period and the account of a usage report, on every door."""

from __future__ import annotations

import datetime as dt

from django import forms
from django.core.exceptions import ValidationError

from cloudportal.core.errors import InvalidInput

LONGEST = dt.timedelta(days=3 * 366)


class PeriodForm(forms.Form):
    """``start`` and ``end``, half open, in UTC: dates or times. Without them: from the first of this month until now."""

    start = forms.DateTimeField(required=False, label="From")
    end = forms.DateTimeField(required=False, label="Until")
    account = forms.UUIDField(required=False, label="Account")

    def clean(self) -> dict[str, object]:
        data = super().clean() or {}
        now = dt.datetime.now(dt.UTC)
        end = data["end"] = data.get("end") or now
        start = data["start"] = data.get("start") or end.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        if start >= end:
            raise ValidationError({"end": "The end must be after the start."})
        if end - start > LONGEST:
            raise ValidationError({"end": "A report covers three years at most."})
        return data

    def checked(self) -> dict[str, object]:
        """The values.

        Raises:
            InvalidInput: with a message for each wrong field.
        """
        if not self.is_valid():
            raise InvalidInput({field: [str(text) for text in texts] for field, texts in self.errors.items()})
        return self.cleaned_data

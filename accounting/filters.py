"""The period and the account of a usage report, on every door."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from cloudportal.core import clock
from cloudportal.core.errors import InvalidInput
from tenants.actor import Actor
from tenants.models import Account


class PeriodForm(forms.Form):
    """``start`` and ``end``, half open, in UTC: dates or times. Without them: from the first of this month until now.

    How long a period may be is for the selectors to say.
    """

    start = forms.DateTimeField(required=False, label="From")
    end = forms.DateTimeField(required=False, label="Until")
    account = forms.UUIDField(required=False, label="Account")

    def clean_start(self) -> dt.datetime | None:
        return _in_utc(self.cleaned_data["start"])

    def clean_end(self) -> dt.datetime | None:
        return _in_utc(self.cleaned_data["end"])

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        now = clock.now()
        data["end"] = data.get("end") or now
        data["start"] = data.get("start") or min(data["end"], now).replace(
            day=1, hour=0, minute=0, second=0, microsecond=0
        )
        return data

    def checked(self, actor: Actor) -> dict[str, Any]:
        """The keyword arguments of accounting's selectors.

        Raises:
            InvalidInput: with a message for each wrong field; an account that the actor may not see is one.
        """
        if not self.is_valid():
            raise InvalidInput({field: [str(text) for text in texts] for field, texts in self.errors.items()})
        asked = self.cleaned_data
        return {"start": asked["start"], "end": asked["end"], "account": _account(actor, asked["account"])}


def _in_utc(moment: dt.datetime | None) -> dt.datetime | None:
    try:
        return moment.astimezone(dt.UTC) if moment else None
    except OverflowError as error:
        raise ValidationError("That is before the first year or after the last.") from error


def _account(actor: Actor, uuid: Any) -> Account | None:
    if not uuid:
        return None
    found = actor.accounts("accounting.view").filter(uuid=uuid).first()
    if found is None:
        raise InvalidInput({"account": "There is no such account."})
    return found

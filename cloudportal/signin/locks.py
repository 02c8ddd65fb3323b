"""Saying that somebody has to wait."""

from __future__ import annotations

import datetime as dt

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from tenants.services import lockouts


def refuse_locked(attempt: lockouts.Attempt) -> None:
    """Say when to try again, in words that are the same for names that exist and names that do not.

    Raises:
        ValidationError: the attempt must not be judged.
    """
    if attempt.locked_until is None:
        return
    seconds = (attempt.locked_until - timezone.now()).total_seconds()
    minutes = max(1, round(seconds / 60 + 0.5))
    raise ValidationError(
        _("Too many failed attempts. Try again in %(minutes)d min, at %(time)s UTC.")
        % {"minutes": minutes, "time": attempt.locked_until.astimezone(dt.UTC).strftime("%H:%M")},
        code="locked",
    )

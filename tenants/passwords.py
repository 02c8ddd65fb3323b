"""Rules for passwords that Django's own validators do not know: lengths, with what the user's domains ask for."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from tenants.models import Account, SignInPolicy
from tenants.models.domain import ids_of

LONGEST = 128


class MinimumLength:
    """As long as the settings say, or the user's domain, or one above it: the longest of these holds."""

    def validate(self, password: str, user: Any = None) -> None:
        length = minimum_length(user)
        if len(password) < length:
            raise ValidationError(
                _("This password is too short: it must have at least %(length)d characters.") % {"length": length},
                code="password_too_short",
            )

    def get_help_text(self) -> str:
        return _("At least %(length)d characters.") % {"length": settings.PASSWORD_MIN_LENGTH}


class MaximumLength:
    """Hashing takes as long as the text is, and nobody remembers more than this."""

    def validate(self, password: str, user: Any = None) -> None:
        if len(password) > LONGEST:
            raise ValidationError(
                _("This password is too long: it may have at most %(length)d characters.") % {"length": LONGEST},
                code="password_too_long",
            )

    def get_help_text(self) -> str:
        return ""


def minimum_length(user: Any) -> int:
    """How long the user's password must be at least."""
    least: int = settings.PASSWORD_MIN_LENGTH
    if user is None or not getattr(user, "account_id", None):
        return least
    domains = Account.objects.filter(pk=user.account_id).values_list("domain__path", flat=True)
    above = [key for path in domains for key in ids_of(path)]
    wanted = SignInPolicy.objects.filter(domain__in=above).values_list("password_min_length", flat=True)
    return max([least, *(length for length in wanted if length)])

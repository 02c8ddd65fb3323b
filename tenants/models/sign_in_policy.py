"""What a domain asks of the passwords of its users, and where they sign in."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models

from tenants.models.domain import Domain

SHORTEST, LONGEST = 8, 64


class SignInPolicy(models.Model):
    """Beside `Domain.mfa_required`. The strictest rule from the root down to the user's domain holds."""

    domain = models.OneToOneField(Domain, models.CASCADE, related_name="sign_in_policy")
    password_min_length = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(SHORTEST), MaxValueValidator(LONGEST)]
    )
    # The last part of the domain's own sign-in address.
    alias = models.CharField(
        max_length=40,
        unique=True,
        null=True,
        blank=True,
        validators=[
            RegexValidator(
                r"^[a-z][a-z0-9-]{1,38}[a-z0-9]\Z",
                "Three to forty small letters, digits and hyphens, with a letter first and no hyphen last.",
            )
        ],
    )

    def __str__(self) -> str:
        return f"sign-in of {self.domain}"

"""How often somebody tried to sign in lately."""

from __future__ import annotations

from django.db import models


class SignInThrottle(models.Model):
    """The attempts of one window. The first attempt opens it; after `until` the row means nothing.

    `subject` is ``user:12``, or a hash of what was typed when no user has that name: nobody can tell the two apart
    from outside, and no typed text is kept. It is empty where an address is counted whoever it tried.
    """

    class Scope(models.TextChoices):
        USER = "user"
        ADDRESS = "address"
        FACTOR = "factor"

    scope = models.CharField(max_length=8, choices=Scope.choices)
    subject = models.CharField(max_length=64, blank=True)
    address = models.CharField(max_length=45, blank=True)
    attempts = models.PositiveIntegerField()
    until = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["scope", "subject", "address"], name="sign_in_throttle_once"),
        ]
        indexes = [
            models.Index(fields=["subject"], name="sign_in_throttle_of_subject"),
            models.Index(fields=["until"], name="sign_in_throttle_until"),
        ]

    def __str__(self) -> str:
        return f"{self.scope} {self.subject} {self.address}"

"""Operators who act for a user."""

from __future__ import annotations

from django.db import models

from cloudportal.core.models import Noun
from tenants.models.user import User


class ViewAs(Noun):
    """One time that an operator acts for a user, from the session that holds its id."""

    operator = models.ForeignKey(User, models.CASCADE, related_name="+")
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    reason = models.CharField(max_length=255, blank=True)
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.operator} for {self.user}"

"""The right to open one console, once."""

from __future__ import annotations

from django.db import models

from compute.models.instance import Instance
from tenants.models import ViewAs


class ConsoleTicket(models.Model):
    """A token that serves once and soon; only its hash is kept."""

    token_hash = models.CharField(max_length=64, unique=True)
    instance = models.ForeignKey(Instance, models.CASCADE, related_name="+")
    user_id = models.BigIntegerField(null=True)
    expires_at = models.DateTimeField()
    redeemed_at = models.DateTimeField(null=True)
    # Who opens it while acting for that user, and in which session's view: the console closes when that is over.
    operator_id = models.BigIntegerField(null=True)
    view = models.ForeignKey(ViewAs, models.CASCADE, null=True, related_name="+")

    def __str__(self) -> str:
        return f"console of {self.instance}"

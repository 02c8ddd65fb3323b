"""Requests that were answered, so that a repeated one is not carried out again."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.db.models.functions import Now

from cloudportal.core.secrets import EncryptedTextField
from tenants.models import User

KEPT = timedelta(hours=24)


class IdempotencyKey(models.Model):
    """The answer to a request that brought a key, written in the transaction of what the request did.

    `body` is encrypted whole: an answer may hold a secret that is shown once, such as the text of a new API key.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    route = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    headers = models.JSONField(default=dict)
    body = EncryptedTextField(default="")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="idempotency_key_once_per_user")]
        indexes = [models.Index(fields=["created_at"], name="idempotency_key_age")]

    def __str__(self) -> str:
        return self.key

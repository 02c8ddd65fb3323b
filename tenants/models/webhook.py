"""Webhooks: URLs that are told of events."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from cloudportal.core.models import Event, Noun
from cloudportal.core.secrets import EncryptedTextField
from tenants.models.account import Account
from tenants.models.domain import Domain


class Webhook(Noun):
    """Where the events of an account, or of all accounts below a domain, are posted.

    `actions` are prefixes, such as ``compute.``; none means every event. After a rotation the secret before it signs
    too, until `previous_until`.
    """

    account = models.ForeignKey(Account, models.CASCADE, null=True, related_name="+")
    domain = models.ForeignKey(Domain, models.CASCADE, null=True, related_name="+")
    name = models.CharField(max_length=64)
    url = models.CharField(max_length=1024)
    secret = EncryptedTextField()
    previous_secret = EncryptedTextField(blank=True)
    previous_until = models.DateTimeField(null=True)
    actions = models.JSONField(default=list, blank=True)
    level = models.CharField(max_length=8, choices=Event.Level.choices, default=Event.Level.INFO)
    is_enabled = models.BooleanField(default=True)
    failing_since = models.DateTimeField(null=True)
    problem = models.CharField(max_length=255, blank=True)

    class Meta:
        ordering = ("name",)
        constraints = [
            models.CheckConstraint(
                condition=Q(account__isnull=False, domain=None) | Q(account=None, domain__isnull=False),
                name="webhook_of_account_or_domain",
            ),
            models.UniqueConstraint(
                fields=["account", "name"],
                name="webhook_name_once_per_account",
                violation_error_message="Another webhook of this account has that name.",
            ),
            models.UniqueConstraint(
                fields=["domain", "name"],
                name="webhook_name_once_per_domain",
                violation_error_message="Another webhook of this domain has that name.",
            ),
        ]
        indexes = [models.Index(fields=["name", "id"], name="webhook_by_name")]

    def __str__(self) -> str:
        return self.name

    @property
    def place(self) -> Account | Domain:
        """Where permissions are asked for: the account or the domain."""
        # A constraint of the table says that it is one of them.
        return self.account or self.domain  # type: ignore[return-value]


class WebhookDelivery(models.Model):
    """One event for one webhook, with the very body that is posted, until it arrived or was given up."""

    class State(models.TextChoices):
        WAITING = "waiting"
        DELIVERED = "delivered"
        FAILED = "failed"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="deliveries")
    created_at = models.DateTimeField(db_default=Now())
    action = models.CharField(max_length=64)
    body = models.TextField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(db_default=Now())
    attempted_at = models.DateTimeField(null=True)
    status = models.PositiveSmallIntegerField(null=True)
    duration_ms = models.PositiveIntegerField(null=True)
    answer = models.TextField(blank=True)
    problem = models.CharField(max_length=255, blank=True)

    class Meta:
        ordering = ("-id",)
        indexes = [
            models.Index(fields=["webhook", "id"], condition=Q(state="waiting"), name="delivery_waiting"),
            models.Index(fields=["webhook", "-id"], name="delivery_of_webhook"),
        ]

    def __str__(self) -> str:
        return f"{self.action} to {self.webhook}"

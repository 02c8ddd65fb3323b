"""Keys for scripts."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Case, Q, Value, When
from django.db.models.functions import Now
from django.utils import timezone

from cloudportal.core.models import Noun
from cloudportal.core.secrets import EncryptedTextField
from tenants.models.user import User

# So long before its end a key is shown as expiring.
WARNED_BEFORE = timedelta(days=14)


class ApiKey(Noun):
    """A secret that acts as its user, or as less than its user.

    Of the secret only the hash is kept; with 256 random bits one round of SHA-256 is enough. A key that signs keeps
    it encrypted as well. Rotated, the key has two: the one before is good until `previous_until`.

    `permissions`, `account_ids` and `domain_ids` narrow what the key may do, `networks` where it is used from; an
    empty one narrows nothing. The ids are no foreign keys: were one taken out with its row, the key would widen.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=64)
    key_id = models.CharField(max_length=12, unique=True)
    is_enabled = models.BooleanField(default=True)
    expires_at = models.DateTimeField(null=True)
    networks = ArrayField(models.CharField(max_length=43), default=list, blank=True)
    permissions = ArrayField(models.CharField(max_length=64), default=list, blank=True)
    account_ids = ArrayField(models.BigIntegerField(), default=list, blank=True)
    domain_ids = ArrayField(models.BigIntegerField(), default=list, blank=True)
    secret_hash = models.CharField(max_length=64)
    signs = models.BooleanField(default=False)
    signing_secret = EncryptedTextField(default="", blank=True)
    previous_hash = models.CharField(max_length=64, default="", blank=True)
    previous_signing_secret = EncryptedTextField(default="", blank=True)
    previous_until = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    last_used_address = models.GenericIPAddressField(null=True)
    previous_used_at = models.DateTimeField(null=True)
    refused_at = models.DateTimeField(null=True)
    refused_address = models.GenericIPAddressField(null=True)

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(
                fields=["user", "name"],
                name="api_key_name_once_per_user",
                violation_error_message="You have another key of that name.",
            ),
            models.CheckConstraint(
                condition=Q(signs=True) ^ Q(signing_secret=""), name="api_key_secret_kept_only_to_sign"
            ),
            models.CheckConstraint(
                condition=Q(previous_hash="") ^ Q(previous_until__isnull=False), name="api_key_previous_ends"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_narrowed_to_places(self) -> bool:
        return bool(self.account_ids or self.domain_ids)

    @property
    def has_previous(self) -> bool:
        """Whether the secret before the rotation is still taken."""
        return self.previous_until is not None and self.previous_until > timezone.now()

    @property
    def state(self) -> str:
        if not self.is_enabled:
            return "Disabled"
        if self.expires_at is None:
            return "Active"
        left = self.expires_at - timezone.now()
        return "Expired" if left <= timedelta() else "Expiring" if left <= WARNED_BEFORE else "Active"


KEY_STATES = ("Active", "Expiring", "Expired", "Disabled")
# The same for queries.
STATE = Case(
    When(is_enabled=False, then=Value("Disabled")),
    When(expires_at__lte=Now(), then=Value("Expired")),
    When(expires_at__lte=Now() + WARNED_BEFORE, then=Value("Expiring")),
    default=Value("Active"),
    output_field=models.CharField(),
)

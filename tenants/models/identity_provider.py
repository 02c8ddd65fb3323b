"""Where the users of a domain may sign in instead of here."""

from __future__ import annotations

from django.db import models

from cloudportal.core.models import Noun
from cloudportal.core.secrets import EncryptedTextField
from tenants.models.account import Account
from tenants.models.domain import Domain


class IdentityProvider(Noun):
    """An OpenID Connect provider, trusted for the users of its domain and of no other.

    `role_mapping` is a list of ``{"group": …, "role": …, "on": "account" | "domain"}``. Without an `account` nobody new
    is let in: users are found by their address. `email_domains` lead from an address to the provider; they are
    promises about other people's addresses, and so for operators to make.
    """

    domain = models.ForeignKey(Domain, models.CASCADE, related_name="identity_providers")
    name = models.CharField(max_length=64)
    issuer = models.URLField(max_length=255)
    client_id = models.CharField(max_length=255)
    client_secret = EncryptedTextField(blank=True)
    account = models.ForeignKey(Account, models.PROTECT, null=True, blank=True, related_name="+")
    # Whether the provider has checked addresses though it does not say so in each token.
    trusts_emails = models.BooleanField(default=False)
    groups_claim = models.CharField(max_length=64, default="groups")
    role_mapping = models.JSONField(default=list, blank=True)
    email_domains = models.JSONField(default=list, blank=True)
    is_enabled = models.BooleanField(default=True)

    class Meta:
        ordering = ("name", "id")
        constraints = [
            models.UniqueConstraint(
                fields=["domain", "name"],
                name="identity_provider_name_once_per_domain",
                violation_error_message="Another provider of this domain has that name.",
            )
        ]

    def __str__(self) -> str:
        return self.name

"""Where the users of a domain may sign in instead of here."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q

from cloudportal.core.models import Noun
from cloudportal.core.secrets import EncryptedTextField
from tenants.models.account import Account
from tenants.models.domain import Domain


class Kind(models.TextChoices):
    OPENID_CONNECT = "openid-connect", "OpenID Connect"
    SAML = "saml", "SAML 2.0"
    LDAP = "ldap", "LDAP"


# What a person's facts are called by a provider of the kind, where its row does not say otherwise. Without a name for
# the id a SAML provider's NameID is it.
ATTRIBUTES: dict[str, dict[str, str]] = {
    Kind.SAML: {
        "id": "", "username": "uid", "email": "mail", "first_name": "givenName", "last_name": "sn", "groups": "groups",
    },
    Kind.LDAP: {
        "id": "entryUUID", "username": "uid", "email": "mail", "first_name": "givenName", "last_name": "sn",
        "groups": "cn",
    },
}  # fmt: skip


class IdentityProvider(Noun):
    """A provider of identities, trusted for the users of its domain and of no other. What it needs is its kind's.

    `role_mapping` is a list of ``{"group": …, "role": …, "on": "account" | "domain"}``. Without an `account` nobody new
    is let in: users are found by their address. `email_domains` lead from an address to the provider; they are
    promises about other people's addresses, and so for operators to make.
    """

    domain = models.ForeignKey(Domain, models.CASCADE, related_name="identity_providers")
    kind = models.CharField(max_length=16, choices=Kind.choices, default=Kind.OPENID_CONNECT, editable=False)
    name = models.CharField(max_length=64)
    account = models.ForeignKey(Account, models.PROTECT, null=True, blank=True, related_name="+")
    # Whether the provider has checked addresses though it does not say so for each user.
    trusts_emails = models.BooleanField(default=False)
    role_mapping = models.JSONField(default=list, blank=True)
    email_domains = models.JSONField(default=list, blank=True)
    is_enabled = models.BooleanField(default=True)

    # OpenID Connect: the issuer's URL. SAML: the provider's entity id.
    issuer = models.CharField(max_length=255, blank=True)
    client_id = models.CharField(max_length=255, blank=True)
    client_secret = EncryptedTextField(blank=True)
    groups_claim = models.CharField(max_length=64, default="groups")

    # PEM. SAML: those that sign, two while one follows the other. LDAP: who vouches for the servers; empty: who the
    # machine trusts.
    certificates = models.TextField(blank=True)
    attributes = models.JSONField(default=dict, blank=True)
    # Where browsers are led to sign in by SAML.
    sso_url = models.CharField(max_length=500, blank=True)

    # LDAP: URLs, of which the first that answers is asked; and the user as whom the portal searches, if not nobody.
    servers = models.JSONField(default=list, blank=True)
    bind_dn = models.CharField(max_length=255, blank=True)
    bind_password = EncryptedTextField(blank=True)
    user_base = models.CharField(max_length=255, blank=True)
    user_filter = models.CharField(max_length=500, blank=True)
    group_base = models.CharField(max_length=255, blank=True)
    group_filter = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ("name", "id")
        constraints = [
            models.UniqueConstraint(
                fields=["domain", "name"],
                name="identity_provider_name_once_per_domain",
                violation_error_message="Another provider of this domain has that name.",
            ),
            models.CheckConstraint(
                condition=(Q(kind=Kind.OPENID_CONNECT) & ~Q(issuer="") & ~Q(client_id=""))
                | (Q(kind=Kind.SAML) & ~Q(issuer="") & ~Q(sso_url="") & ~Q(certificates=""))
                | (Q(kind=Kind.LDAP) & ~Q(servers=[]) & ~Q(user_base="") & Q(user_filter__contains="{name}")),
                name="identity_provider_has_what_its_kind_needs",
                violation_error_message="Something that a provider of this kind needs is missing.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def names(self) -> dict[str, str]:
        """What the provider calls the facts about a person."""
        given: dict[str, Any] = self.attributes if isinstance(self.attributes, dict) else {}
        return ATTRIBUTES.get(self.kind, {}) | given

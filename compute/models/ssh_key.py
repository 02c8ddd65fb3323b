"""Public keys that go into instances."""

from __future__ import annotations

from django.db import models

from tenants.models import TenantResource, tags_are_good, tags_index


class SSHKey(TenantResource):
    """`fingerprint` is ``SHA256:…`` as ssh-keygen shows it."""

    public_key = models.TextField()
    fingerprint = models.CharField(max_length=64)

    class Meta:
        ordering = ("-id",)
        constraints = [
            tags_are_good("ssh_key_tags_are_good"),
            models.UniqueConstraint(
                fields=["account", "name"],
                name="ssh_key_name_once_per_account",
                violation_error_message="Another SSH key of this account has that name.",
            ),
        ]
        indexes = [tags_index("ssh_key_tags")]

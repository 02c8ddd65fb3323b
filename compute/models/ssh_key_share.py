"""SSH keys that are shared with single accounts."""

from __future__ import annotations

from django.db import models

from compute.models.ssh_key import SSHKey
from tenants.models import Share, shared_once, shares_of_account


class SSHKeyShare(Share):
    """A key that an account may give its instances, without owning it."""

    resource = models.ForeignKey(SSHKey, models.CASCADE, related_name="shares", db_index=False)

    class Meta:
        constraints = [shared_once("ssh_key_share_once")]
        indexes = [shares_of_account("ssh_key_share_of_account")]

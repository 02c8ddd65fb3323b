"""Row locks of compute."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection

from compute.models import SSHKey

_HOLD_KEYS = "SELECT id FROM compute_sshkey WHERE id = ANY(%s) ORDER BY id FOR KEY SHARE"


def hold_ssh_keys(keys: Sequence[SSHKey]) -> set[int]:
    """Keep keys from being deleted until the transaction ends; any number may. The ids of those that are there."""
    with connection.cursor() as cursor:
        cursor.execute(_HOLD_KEYS, [[key.pk for key in keys]])
        return {row[0] for row in cursor.fetchall()}


def lock_ssh_key(key: SSHKey) -> bool:
    """Wait for those who hold a key, and let nobody hold it until the transaction ends. False: it is gone."""
    return SSHKey.objects.select_for_update().filter(pk=key.pk).first() is not None

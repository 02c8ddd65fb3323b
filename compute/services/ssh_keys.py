"""SSH keys of accounts."""

from __future__ import annotations

import base64
import binascii
import hashlib

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_ssh_public_key
from django.db import transaction

from cloudportal.core import events
from cloudportal.core.differences import facts
from cloudportal.core.errors import InvalidInput, NotFound
from cloudportal.core.writing import insert
from compute.locks import lock_ssh_key
from compute.models import SSHKey
from tenants.actor import Actor
from tenants.models import Account
from tenants.sharing import require_on


def create_ssh_key(actor: Actor, *, account: Account, name: str, public_key: str) -> SSHKey:
    """Keep a public key for new instances.

    Raises:
        NotFound, PermissionDenied: the actor may not manage the account's instances.
        InvalidInput: it is no public key of OpenSSH, or the name is taken.
    """
    actor.require("compute.manage", account)
    text = " ".join(public_key.split())
    key = SSHKey(account=account, name=name.strip(), public_key=text, fingerprint=_fingerprint(text))
    with transaction.atomic():
        insert(key)
        events.record(actor, "compute.create_ssh_key", f"SSH key {key} created.", resource=key)
    return key


def delete_ssh_key(actor: Actor, *, ssh_key: SSHKey) -> None:
    """Forget a key; instances that have it keep it.

    Raises:
        NotFound, PermissionDenied: the actor may not manage the account's instances.
    """
    require_on(actor, "compute.manage", ssh_key, even_locked=True)
    with transaction.atomic():
        # Whoever is sharing it or giving it to an instance is waited for, and whoever comes after finds it gone.
        if not lock_ssh_key(ssh_key):
            raise NotFound
        words = f"SSH key {ssh_key} deleted."
        events.record(actor, "compute.delete_ssh_key", words, resource=ssh_key, before=facts(ssh_key))
        ssh_key.delete()


def _fingerprint(text: str) -> str:
    """As `ssh-keygen -l` shows it: SHA-256 over the key's blob, in base64 without padding (RFC 4253, 6.6)."""
    if "PRIVATE KEY" in text:
        raise InvalidInput({"public_key": "That is a private key. Keep it to yourself and paste the public one."})
    try:
        load_ssh_public_key(text.encode())
        blob = base64.b64decode(text.split()[1], validate=True)
    except (ValueError, UnsupportedAlgorithm, IndexError, binascii.Error) as error:
        raise InvalidInput({"public_key": "That is no public key as OpenSSH writes it (ssh-ed25519 AAAA…)."}) from error
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")

"""Secondary storage."""

from __future__ import annotations

import shutil
from pathlib import Path

from django.db import transaction

from cloudportal.core import events
from cloudportal.core.errors import InvalidInput
from cloudportal.core.writing import insert
from cloudportal.infrastructure.models import Zone
from storage.models import SecondaryStore
from tenants.actor import Actor


def create_store(actor: Actor, *, zone: Zone, name: str, path: str) -> SecondaryStore:
    """Add secondary storage to a zone: a directory that the portal's machines see, such as an NFS mount.

    Raises:
        PermissionDenied: the actor does not manage the infrastructure.
        InvalidInput: the directory is not there or not writable, or the name is taken.
    """
    actor.require_everywhere("infrastructure.manage")
    directory = Path(path)
    if not directory.is_absolute() or not directory.is_dir():
        raise InvalidInput({"path": "There is no such directory on the portal's machine."})
    try:
        for part in ("templates", "incoming"):
            (directory / part).mkdir(exist_ok=True)
    except OSError as error:
        raise InvalidInput({"path": f"The directory is not writable: {error.strerror}."}) from error
    usage = shutil.disk_usage(directory)
    with transaction.atomic():
        store = insert(
            SecondaryStore(zone=zone, name=name, path=path, total_bytes=usage.total, available_bytes=usage.free)
        )
        events.record(actor, "storage.create_store", f"Secondary storage {store} created.", resource=store)
    return store

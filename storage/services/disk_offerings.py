"""Disk offerings."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from cloudportal.core import events
from cloudportal.core.writing import insert, update
from storage.models import DiskOffering
from tenants.actor import Actor


def create_disk_offering(actor: Actor, *, name: str, **more: Any) -> DiskOffering:
    """Offer a kind of disk.

    Raises:
        PermissionDenied: the actor does not manage the infrastructure.
        InvalidInput: a field is wrong, or the name is taken.
    """
    actor.require_everywhere("infrastructure.manage")
    with transaction.atomic():
        offering = insert(DiskOffering(name=name, **more))
        events.record(actor, "storage.create_disk_offering", f"Disk offering {offering} created.", resource=offering)
    return offering


def update_disk_offering(actor: Actor, *, offering: DiskOffering, **changes: Any) -> DiskOffering:
    """Change an offering; a new price holds for what is made from now on. The refusals of `create_disk_offering`."""
    actor.require_everywhere("infrastructure.manage")
    with transaction.atomic():
        update(offering, **changes)
        events.record(actor, "storage.update_disk_offering", f"Disk offering {offering} changed.", resource=offering)
    return offering

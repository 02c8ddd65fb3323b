"""Service offerings."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from cloudportal.core import events
from cloudportal.core.errors import InvalidInput
from cloudportal.core.writing import insert, update
from compute.models import ServiceOffering
from storage.models import DiskOffering
from tenants.actor import Actor

SIZE = {"cpus", "memory_mib", "root_disk"}


def create_offering(
    actor: Actor, *, name: str, cpus: int, memory_mib: int, root_disk: DiskOffering, **more: Any
) -> ServiceOffering:
    """Offer a size of instance.

    Raises:
        PermissionDenied: the actor does not manage the infrastructure.
        InvalidInput: a field is wrong, or the name is taken.
    """
    actor.require_everywhere("infrastructure.manage")
    with transaction.atomic():
        offering = insert(ServiceOffering(name=name, cpus=cpus, memory_mib=memory_mib, root_disk=root_disk, **more))
        events.record(actor, "compute.create_offering", f"Offering {offering} created.", resource=offering)
    return offering


def update_offering(actor: Actor, *, offering: ServiceOffering, **changes: Any) -> ServiceOffering:
    """Change name, description, price or whether it is offered. Its size stays: instances hold it.

    Raises:
        PermissionDenied: the actor does not manage the infrastructure.
        InvalidInput: a field is wrong or belongs to the size, or the name is taken.
    """
    actor.require_everywhere("infrastructure.manage")
    if fixed := SIZE & changes.keys():
        raise InvalidInput(dict.fromkeys(sorted(fixed), "Its size stays, since instances hold it. Make another one."))
    with transaction.atomic():
        update(offering, **changes)
        events.record(actor, "compute.update_offering", f"Offering {offering} changed.", resource=offering)
    return offering

"""What an instance looks like outside. Its user data is never part of that."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TypedDict
from uuid import UUID

from django.db.models import OuterRef

from cloudportal.doors.api.rows import Ref, Row, allowed, column, many, ref
from compute.models import Nic, SSHKey, VolumeAttachment
from compute.states import INSTANCE


class NicShown(TypedDict):
    network: UUID
    network_name: str
    address: str | None
    mac: str | None


class DiskShown(TypedDict):
    id: UUID
    name: str
    size_bytes: int
    state: str


class InstanceRow(Row):
    """A virtual machine."""

    id: UUID = column("uuid")
    name: str = column()
    state: str = column(choices=INSTANCE.states)
    account: Ref = ref()
    zone: Ref = ref()
    offering: Ref = ref()
    template: Ref = ref()
    cpus: int = column("offering__cpus")
    memory_mib: int = column("offering__memory_mib")
    price_per_hour: Decimal = column("offering__price_per_hour", help="While it runs.")
    networks: list[NicShown] = many(
        Nic.objects.filter(instance=OuterRef("pk")).order_by("position"),
        network="network__uuid",
        network_name="network__name",
        address="port__address",
        mac="port__mac",
        help="Its places on networks; without an address once it gave that back.",
    )
    power_state: str = column(help="What the hypervisor says.")
    error: str = column(help="Why it is in Error, in words.")
    host: Ref | None = ref(operators=True)
    tags: dict[str, str] = column(help="Key and value, as people wrote them.")
    created_at: dt.datetime = column()
    destroyed_at: dt.datetime | None = column(help="Since when it has been in the recycle bin.")
    allowed: list[str] = allowed(INSTANCE, "compute.manage")


class InstanceDetailRow(InstanceRow):
    """A virtual machine, with its disks and keys."""

    volumes: list[DiskShown] = many(
        VolumeAttachment.objects.filter(instance=OuterRef("pk")).order_by("position"),
        id="volume__uuid",
        name="volume__name",
        size_bytes="volume__size_bytes",
        state="volume__state",
    )
    ssh_keys: list[Ref] = many(SSHKey.objects.filter(instances=OuterRef("pk")).order_by("pk"), id="uuid", name="name")
    last_host: Ref | None = ref(operators=True, help="Where it ran last.")

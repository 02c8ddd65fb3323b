"""What the demonstration cloud offers."""

from __future__ import annotations

import tempfile
from decimal import Decimal
from pathlib import Path
from typing import IO, TypeVar

from cloudportal.infrastructure.models import Zone
from cloudportal.jobs.inline import run_until_over
from cloudportal.jobs.services import active_job_of
from compute.models import ServiceOffering
from compute.services.offerings import create_offering
from network.models import Network
from network.services.networks import create_network, delete_network
from storage.models import DiskOffering, Template
from storage.services.disk_offerings import create_disk_offering
from storage.services.templates import delete_template, upload_template
from tenants.actor import SYSTEM
from tenants.models import Account

DISK_PRICE = Decimal("0.00014")
R = TypeVar("R", Template, Network)
OFFERINGS = (
    ("Tiny", "For trying things out", 1, 256, "0.004"),
    ("Small", "A small service", 1, 512, "0.008"),
    ("Medium", "A web server with its database", 2, 1024, "0.018"),
    ("Large", "A busy application", 4, 4096, "0.062"),
)
GUEST, BLANK = "Tiny Linux", "Blank disk"
NETWORK_CIDR = "10.1.0.0/24"
BLANK_BYTES = 64 << 20


def ensure_offerings() -> ServiceOffering:
    """The offerings; returns the smallest."""
    disk = DiskOffering.objects.filter(name="Standard").first() or create_disk_offering(
        SYSTEM, name="Standard", description="Thin disks on shared storage", price_per_gib_hour=DISK_PRICE
    )
    for name, description, cpus, memory_mib, price in OFFERINGS:
        if not ServiceOffering.objects.filter(name=name).exists():
            create_offering(
                SYSTEM, name=name, description=description, cpus=cpus, memory_mib=memory_mib,
                root_disk=disk, price_per_hour=Decimal(price),
            )  # fmt: skip
    return ServiceOffering.objects.get(name=OFFERINGS[0][0])


def ensure_template(account: Account, zone: Zone, image: Path | None) -> Template:
    """The template for everybody: the guest image, or a blank disk where guests are simulated.

    Raises:
        RuntimeError: it could not be registered.
    """
    name = BLANK if image is None else GUEST
    known = _taken_up(Template.objects.filter(name=name, store__zone=zone, removed_at=None).first())
    if known is not None and known.state == "Ready":
        return known
    if known is not None:
        run_until_over(delete_template(SYSTEM, template=known))
    with image.open("rb") if image is not None else _blank_disk() as file:
        job = upload_template(
            SYSTEM, account=account, zone=zone, name=name, file=file,
            format="raw" if image is None else "qcow2", is_public=True,
        )  # fmt: skip
    if run_until_over(job).state != "succeeded":
        raise RuntimeError(f"The template could not be registered: {job.error}")
    return job.resource


def _blank_disk() -> IO[bytes]:
    """A disk with nothing on it but the signature that makes it one."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
    file.seek(510)
    file.write(b"\x55\xaa")
    file.truncate(BLANK_BYTES)
    file.seek(0)
    return file


def _taken_up(row: R | None) -> R | None:
    """What an earlier run left in the middle is brought to its end first."""
    if row is not None and (job := active_job_of(row)) is not None:
        run_until_over(job)
        row.refresh_from_db()
    return row


def ensure_network(account: Account, zone: Zone, name: str) -> Network:
    """The tenant's first network.

    Raises:
        RuntimeError: it could not be created.
    """
    known = _taken_up(Network.objects.filter(account=account, zone=zone, name=name, removed_at=None).first())
    if known is not None and known.state == "Implemented":
        return known
    if known is not None:
        run_until_over(delete_network(SYSTEM, network=known))
    job = run_until_over(create_network(SYSTEM, account=account, zone=zone, name=name, cidr=NETWORK_CIDR))
    if job.state != "succeeded":
        raise RuntimeError(f"The network could not be created: {job.error}")
    return job.resource

"""Real guests, made by the portal and by bare calls in turn."""

from __future__ import annotations

import json
import statistics
import time
from collections import defaultdict
from dataclasses import dataclass
from typing import Any, cast
from uuid import uuid4

from django.conf import settings

from cloudportal.bench.parts.bare import BareGuest, BareSite
from cloudportal.bench.statistics import milliseconds
from cloudportal.infrastructure.models import Host, Zone
from cloudportal.jobs.models import Job
from compute.engines import target_of
from compute.hypervisors.base import Datapath
from compute.hypervisors.libvirt.xml import HostProfile
from compute.models import Instance, ServiceOffering
from compute.services.instances import deploy_instance, destroy_instance, expunge_instance
from network.backends.ovn.address import OvnAddress
from network.models import Network
from storage.backends.seed import nocloud_image
from storage.models import StoragePool, Template
from tenants.actor import SYSTEM

LONGEST_SECONDS = 120
LOOK_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Things:
    """What every guest is made from."""

    zone: Zone
    offering: ServiceOffering
    template: Template
    network: Network

    @classmethod
    def of_demonstration(cls) -> Things:
        facts = json.loads((settings.STATE_DIR / "demo.json").read_text())
        return cls(
            Zone.objects.get(uuid=facts["zone"]), ServiceOffering.objects.get(uuid=facts["offering"]),
            Template.objects.get(uuid=facts["template"]), Network.objects.get(uuid=facts["network"]),
        )  # fmt: skip


def measure_guests(*, guests: int) -> dict[str, Any]:
    """Milliseconds to a running machine, both ways, on the same hosts in turn; the first of each is left out."""
    things = Things.of_demonstration()
    warm = _deployed(things, "warm-up")
    site = _site(things)
    portal, bare = [], []
    steps: dict[str, list[float]] = defaultdict(list)
    try:
        for number in range(guests + 1):
            took, host = _by_portal(things, number, steps)
            portal.append(took)
            bare.append(_by_bare_calls(things, site, host, number))
    finally:
        site.close()
        _removed(warm.resource)
    return {
        "portal_ms": milliseconds(statistics.median(portal[1:])),
        "bare_ms": milliseconds(statistics.median(bare[1:])),
        "ratio": round(statistics.median(portal[1:]) / statistics.median(bare[1:]), 2),
        "steps_ms": {name: milliseconds(statistics.median(values[1:])) for name, values in steps.items()},
    }


def _site(things: Things) -> BareSite:
    pool = StoragePool.objects.get(zone=things.zone)
    northbound = OvnAddress.parse(things.zone.network_url).northbound
    return BareSite(pool.url, pool.uuid, things.template.uuid, northbound, things.network.uuid, mtu=things.network.mtu)


def _by_portal(things: Things, number: int, steps: dict[str, list[float]]) -> tuple[float, Host]:
    """From the service call to the job's end, by the clock that both processes share."""
    begun = time.time()
    job = _deployed(things, f"portal-{number}")
    if job.finished_at is None:
        raise RuntimeError(f"{job.title} has no end")
    for step in job.steps.all():
        if step.started_at and step.finished_at:
            steps[step.name].append((step.finished_at - step.started_at).total_seconds())
    instance = job.resource
    _removed(instance)
    return job.finished_at.timestamp() - begun, instance.host


def _by_bare_calls(things: Things, site: BareSite, host: Host, number: int) -> float:
    # The seed's bytes are made beforehand: that is no call to anybody.
    uuid = uuid4()
    guest = BareGuest(
        uuid, things.offering.cpus, things.offering.memory_mib, things.template.size_bytes,
        mac=f"02:00:00:0b:00:{number:02x}", address=str(things.network.subnet[200 + number % 50]),
        seed=nocloud_image(str(uuid), f"bare-{number}", "", ()),
    )  # fmt: skip
    virt_type = target_of(host).virt_type
    profile = HostProfile("kvm" if virt_type == "kvm" else "qemu", cast("Datapath", host.datapath), True)
    site.connect(host.url)
    begun = time.time()
    site.make(guest, host.url, profile)
    took = time.time() - begun
    site.remove(guest, host.url)
    return took


def _deployed(things: Things, name: str) -> Job:
    return _over(
        deploy_instance(
            SYSTEM, account=things.network.account, zone=things.zone, name=name, offering=things.offering,
            template=things.template, networks=[things.network],
        )
    )  # fmt: skip


def _removed(instance: Instance) -> None:
    _over(destroy_instance(SYSTEM, instance=Instance.objects.get(pk=instance.pk)))
    _over(expunge_instance(SYSTEM, instance=Instance.objects.get(pk=instance.pk)))


def _over(job: Job) -> Job:
    end = time.monotonic() + LONGEST_SECONDS
    while not job.is_over:
        if time.monotonic() > end:
            raise TimeoutError(f"{job.title} is {job.state} after {LONGEST_SECONDS} seconds")
        time.sleep(LOOK_SECONDS)
        job.refresh_from_db()
    if job.state != "succeeded":
        raise RuntimeError(f"{job.title}: {job.error}")
    return job

"""The services on real engines: a zone in the lab, and eyes that look at libvirt, OVN and the disks themselves."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import libvirt
import pytest

from cloudportal.demo.catalogue import ensure_offerings, ensure_template
from cloudportal.demo.zones import ensure_zone, lab_plan
from cloudportal.infrastructure.models import Zone
from cloudportal.lab import Lab
from compute.models import ServiceOffering
from network.engines import backend_of
from network.models import Network
from network.services.networks import delete_network
from storage.models import Template
from tenants.actor import SYSTEM
from tests import factories
from tests.factories import finished


@dataclass(frozen=True, slots=True)
class RealCloud:
    """A zone whose hosts boot guests. Has what `tests.factories.deployment` asks of a cloud."""

    lab: Lab
    zone: Zone
    offering: ServiceOffering
    template: Template

    def machines(self) -> dict[str, str]:
        """Every domain that libvirt knows: its uuid, and on which host it runs, or nothing while it is off."""
        found = {}
        for host in self.lab.hosts:
            connection = libvirt.open(host.libvirt_url)
            for domain in connection.listAllDomains():
                found[domain.UUIDString()] = host.name if domain.isActive() else ""
            connection.close()
        return found

    def disks(self) -> list[str]:
        """Files of volumes and seeds in the pool, without templates."""
        files = (self.lab.shared / str(self.zone.uuid)).glob("*")
        return sorted(path.name for path in files if not path.name.startswith("template-"))

    def ports(self) -> list[str]:
        """Logical ports of instances in OVN's northbound database."""
        database = self.lab.ovn_nb_url.replace("ovn+unix://", "unix:")
        command = ["ovn-nbctl", f"--db={database}", "--bare", "--columns=name,type", "list", "logical_switch_port"]
        text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        rows = [block.split() for block in text.strip().split("\n\n") if block]
        return [row[0] for row in rows if len(row) == 1]


@pytest.fixture
def real_cloud(db: None, lab: Lab, tmp_path: Path) -> Iterator[RealCloud]:
    """Everything is removed from the engines again, since the next test's database knows nothing of it."""
    zone = ensure_zone(lab_plan(lab.base, tmp_path))
    template = ensure_template(factories.account(), zone, lab.guest_image)
    cloud = RealCloud(lab, zone, ensure_offerings(), template)
    yield cloud
    for network in Network.objects.filter(removed_at=None):
        finished(delete_network(SYSTEM, network=network))
    backend_of(zone).delete_public(zone.uuid)

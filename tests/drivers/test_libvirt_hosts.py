"""What the libvirt driver tells libvirt, and what it makes of hosts that promise too much."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4
from xml.etree.ElementTree import Element

import pytest

pytest.importorskip("libvirt", reason="libvirt-python is not installed")

from defusedxml import ElementTree

from cloudportal.infrastructure.drivers.errors import Retryable
from cloudportal.infrastructure.drivers.libvirt_connection import LibvirtSession
from compute.hypervisors.base import Datapath, DiskSpec, HostTarget, InstanceSpec, NicSpec, PowerState
from compute.hypervisors.libvirt import probe
from compute.hypervisors.libvirt.xml import HostProfile, domain_xml
from compute.hypervisors.registry import hypervisor_for

if TYPE_CHECKING:
    from cloudportal.lab import Lab

SPEC = InstanceSpec(
    uuid=uuid4(),
    name="</title><devices>&\n",
    cpus=2,
    memory_mib=512,
    disks=(DiskSpec(uuid4(), "/pool/<volume>.qcow2", "qcow2"), DiskSpec(uuid4(), "/pool/data.raw", "raw")),
    nics=(NicSpec(uuid4(), "02:00:00:00:00:01", 1442),),
    seed_source="/pool/seed.iso",
)

ROOT = Path(__file__).resolve().parents[2]
FORKS = """
import multiprocessing
import sys
from compute.hypervisors.base import HostTarget
from compute.hypervisors.registry import hypervisor_for
from cloudportal.infrastructure.drivers.errors import Retryable

hypervisor = hypervisor_for(HostTarget(sys.argv[1]))
hypervisor.ping()

def work():
    # A busy machine may miss the deadline of a ping now and then; a connection shared by mistake misses them all.
    late = 0
    for _ in range(20):
        try:
            hypervisor.ping()
            hypervisor.power_states()
        except Retryable:
            late += 1
    assert late <= 3

workers = [multiprocessing.get_context("fork").Process(target=work) for _ in range(3)]
for worker in workers:
    worker.start()
for worker in workers:
    worker.join(60)
hypervisor.ping()
print(*(worker.exitcode for worker in workers))
"""


def domain(datapath: Datapath = "kernel", local_console: bool = True) -> Element:
    tree: Element = ElementTree.fromstring(domain_xml(SPEC, HostProfile("qemu", datapath, local_console)))
    return tree


def test_names_and_paths_are_text_and_never_markup() -> None:
    assert domain().findtext("title") == "</title><devices>&"
    assert domain().find("./devices/disk/source[@file='/pool/<volume>.qcow2']") is not None


def test_disks_are_in_order_and_bypass_the_hosts_cache() -> None:
    disks = domain().findall("./devices/disk[@device='disk']")

    assert [target.get("dev") for disk in disks for target in disk.iter("target")] == ["vda", "vdb"]
    assert {driver.get("cache") for disk in disks for driver in disk.iter("driver")} == {"none"}
    assert [disk.findtext("serial") for disk in disks] == [disk.uuid.hex[:20] for disk in SPEC.disks]


def test_a_card_is_plugged_by_its_ports_uuid() -> None:
    port = domain().find("./devices/interface/virtualport/parameters")

    assert port is not None
    assert port.get("interfaceid") == str(SPEC.nics[0].uuid)


@pytest.mark.parametrize(("datapath", "expected"), [("kernel", None), ("netdev", "off")])
def test_checksum_offload_is_off_only_where_the_datapath_needs_it(datapath: Datapath, expected: str | None) -> None:
    host = domain(datapath).find("./devices/interface/driver/host")

    assert (host.get("csum") if host is not None else None) == expected


def test_a_screen_that_is_handed_out_does_not_listen() -> None:
    assert domain().find("./devices/graphics/listen[@type='none']") is not None


def test_a_screen_that_listens_lets_nobody_in_until_it_is_opened() -> None:
    screen = domain(local_console=False).find("./devices/graphics")

    assert screen is not None
    assert screen.get("passwdValidTo") == "1970-01-01T00:00:01"


@pytest.mark.lab
def test_a_probe_guest_runs_under_emulation_and_leaves_nothing(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """The probe itself, on the one engine that is everywhere: it must be able to say yes."""
    session = LibvirtSession(lab.hosts[0].libvirt_url)
    monkeypatch.setattr(probe, "PROBED_TYPE", "qemu")

    assert session.call("probe", probe.probe_guest_ran) is True

    names = session.call("list", lambda connection: [found.name() for found in connection.listAllDomains()])
    assert not [name for name in names if name.startswith(probe.PROBE_PREFIX)]


@pytest.mark.lab
def test_what_a_host_says_it_can_run_does_run(lab: Lab) -> None:
    hypervisor = hypervisor_for(HostTarget(lab.hosts[0].libvirt_url))
    spec = InstanceSpec(uuid4(), "probe", cpus=1, memory_mib=64, disks=(), nics=())

    assert hypervisor.facts().virt_type in {"kvm", "qemu"}
    assert hypervisor.facts().memory_mib > 1024
    try:
        hypervisor.define_instance(spec)
        hypervisor.start_instance(spec.uuid)
        assert hypervisor.power_state(spec.uuid) is PowerState.RUNNING
    finally:
        hypervisor.remove_instance(spec.uuid)


@pytest.mark.lab
def test_a_host_that_lost_its_power_is_missed_in_seconds_and_reached_again_when_it_is_back(lab: Lab) -> None:
    last = lab.hosts[-1]
    hypervisor = hypervisor_for(HostTarget(last.libvirt_url))
    hypervisor.ping()

    lab.kill_host(last.name)
    try:
        began = time.monotonic()
        with pytest.raises(Retryable):
            hypervisor.ping()
        assert time.monotonic() - began < 6
    finally:
        lab.start_host(last.name)

    hypervisor.ping()
    assert hypervisor.power_states() is not None


@pytest.mark.lab
def test_a_forked_worker_reaches_a_host_and_so_does_its_parent_afterwards(lab: Lab) -> None:
    # In a process of its own: threads of other tests may be inside libvirt, and a fork keeps the locks that they hold.
    command = [sys.executable, "-c", FORKS, lab.hosts[0].libvirt_url]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)

    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["0", "0", "0"]

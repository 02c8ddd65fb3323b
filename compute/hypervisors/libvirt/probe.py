"""Whether hardware virtualisation really works on a host.

On a virtual machine without nested virtualisation /dev/kvm opens, its ioctls succeed and libvirt
lists ``kvm``, and guests still die: some at once, some after seconds. Only a guest that ran proves it.
"""

from __future__ import annotations

import contextlib
import logging
import os
import time
from typing import Literal
from uuid import uuid4
from xml.etree.ElementTree import Element, SubElement, tostring

import libvirt
from defusedxml import ElementTree

from compute.hypervisors.libvirt.xml import cpu_model

logger = logging.getLogger(__name__)

PROBE_PREFIX = "cloudportal-probe-"
PROBED_TYPE = "kvm"
PROBE_SECONDS = 30.0
_answers: dict[tuple[int, str], Literal["kvm", "qemu"]] = {}


def usable_virt_type(url: str, connection: libvirt.virConnect) -> Literal["kvm", "qemu"]:
    """``kvm`` when a probe guest ran on it, else ``qemu``. Asked once for each process and url."""
    key = (os.getpid(), url)
    if key not in _answers:
        _answers[key] = "kvm" if _offers_kvm(connection) and probe_guest_ran(connection) else "qemu"
    return _answers[key]


def _offers_kvm(connection: libvirt.virConnect) -> bool:
    capabilities = ElementTree.fromstring(connection.getCapabilities())
    return capabilities.find("./guest/arch[@name='x86_64']/domain[@type='kvm']") is not None


def probe_guest_ran(connection: libvirt.virConnect) -> bool:
    """Boot a guest with nothing to boot from. It has run when its firmware gave up and asked for a reset.

    The reset ends it with the reason "shut down"; a guest that KVM could not run is gone for
    another reason, stands paused, or is silent until the time is over.
    """
    _sweep(connection)
    domain = connection.defineXML(_probe_xml())
    try:
        domain.createWithFlags(libvirt.VIR_DOMAIN_START_AUTODESTROY)
        end = time.monotonic() + PROBE_SECONDS
        while time.monotonic() < end:
            state, reason = domain.state()
            if state == libvirt.VIR_DOMAIN_SHUTOFF:
                return bool(reason == libvirt.VIR_DOMAIN_SHUTOFF_SHUTDOWN)
            if state in {libvirt.VIR_DOMAIN_PAUSED, libvirt.VIR_DOMAIN_CRASHED}:
                return False
            time.sleep(0.05)
        return False
    except libvirt.libvirtError as error:
        logger.info("hardware virtualisation is not usable: %s", error)
        return False
    finally:
        _remove(domain)


def _probe_xml() -> str:
    domain = Element("domain", type=PROBED_TYPE)
    for tag, text in (("name", f"{PROBE_PREFIX}{uuid4()}"), ("memory", "65536"), ("vcpu", "1")):
        SubElement(domain, tag).text = text
    system = SubElement(domain, "os")
    SubElement(system, "type", arch="x86_64", machine="q35").text = "hvm"
    SubElement(system, "bios", rebootTimeout="0")
    SubElement(SubElement(domain, "features"), "acpi")
    cpu_model(domain, PROBED_TYPE)
    for tag in ("on_poweroff", "on_reboot", "on_crash"):
        SubElement(domain, tag).text = "destroy"
    devices = SubElement(domain, "devices")
    SubElement(devices, "controller", type="usb", model="none")
    SubElement(devices, "memballoon", model="none")
    return tostring(domain, encoding="unicode")


def _sweep(connection: libvirt.virConnect) -> None:
    """Forget probes of workers that were killed; a probe that runs is another worker's."""
    for domain in connection.listAllDomains(libvirt.VIR_CONNECT_LIST_DOMAINS_INACTIVE):
        if domain.name().startswith(PROBE_PREFIX):
            _remove(domain)


def _remove(domain: libvirt.virDomain) -> None:
    with contextlib.suppress(libvirt.libvirtError):  # it does not run any more
        domain.destroy()
    with contextlib.suppress(libvirt.libvirtError):  # another worker's sweep was faster
        domain.undefine()

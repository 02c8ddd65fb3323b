"""Domain XML, built as a tree: nothing that a tenant typed is ever pasted into text.

Format: https://libvirt.org/formatdomain.html
"""

from __future__ import annotations

import string
from dataclasses import dataclass
from typing import Literal
from uuid import UUID
from xml.etree.ElementTree import Element, SubElement, tostring

from compute.hypervisors.base import Datapath, DiskSpec, InstanceSpec, NicSpec

INTEGRATION_BRIDGE = "br-int"
SERIAL_LOG_DIRECTORY = "/var/log/libvirt/qemu"
# On q35 every hot-plugged device needs a free root port, and ports can't be added to a running guest.
ROOT_PORTS = 24
# Emulation has no host-passthrough, and this model runs every x86-64-v2 distribution.
EMULATED_CPU = "Nehalem"


@dataclass(frozen=True, slots=True)
class HostProfile:
    """What the XML depends on besides the instance.

    Attributes:
        domain_type: ``test`` for libvirt's test driver, which knows no switches, screens or logs.
        local_console: whether screens are handed out as file descriptors and so need not listen.
    """

    domain_type: Literal["kvm", "qemu", "test"]
    datapath: Datapath
    local_console: bool


def domain_name(uuid: UUID) -> str:
    return f"instance-{uuid}"


def domain_xml(spec: InstanceSpec, profile: HostProfile) -> str:
    domain = Element("domain", type=profile.domain_type)
    _text(domain, "name", domain_name(spec.uuid))
    _text(domain, "uuid", str(spec.uuid))
    _text(domain, "title", printable(spec.name))
    _text(domain, "memory", str(spec.memory_mib), unit="MiB")
    _text(domain, "vcpu", str(spec.cpus), placement="static")
    _machine(domain, profile)
    _text(domain, "on_poweroff", "destroy")
    _text(domain, "on_reboot", "restart")
    _text(domain, "on_crash", "destroy")
    devices = SubElement(domain, "devices")
    if profile.domain_type != "test":
        _controllers(devices)
    for index, disk in enumerate(spec.disks):
        _disk(devices, disk, f"vd{string.ascii_lowercase[index]}")
    if spec.seed_source:
        _seed(devices, spec.seed_source)
    if profile.domain_type != "test":
        for nic in spec.nics:
            _nic(devices, nic, profile.datapath)
        _serial(devices, domain_name(spec.uuid))
        _agent(devices)
        _screen(devices, profile)
        _rng_and_balloon(devices)
    return tostring(domain, encoding="unicode")


def printable(name: str) -> str:
    """The name without line breaks and characters that XML 1.0 has no way to write."""
    return "".join(character for character in name if character.isprintable()) or "-"


def _text(parent: Element, tag: str, text: str, **attributes: str) -> None:
    SubElement(parent, tag, attributes).text = text


def _machine(domain: Element, profile: HostProfile) -> None:
    system = SubElement(domain, "os")
    if profile.domain_type == "test":
        _text(system, "type", "hvm")
        return
    _text(system, "type", "hvm", arch="x86_64", machine="q35")
    SubElement(system, "boot", dev="hd")
    features = SubElement(domain, "features")
    SubElement(features, "acpi")
    SubElement(features, "apic")
    cpu_model(domain, profile.domain_type)
    SubElement(domain, "clock", offset="utc")


def cpu_model(domain: Element, domain_type: str) -> None:
    """The host's own model where hardware runs the guest, an old common one where software does."""
    if domain_type == "kvm":
        SubElement(domain, "cpu", mode="host-model")
        return
    cpu = SubElement(domain, "cpu", mode="custom", match="exact", check="none")
    _text(cpu, "model", EMULATED_CPU, fallback="forbid")


def _controllers(devices: Element) -> None:
    SubElement(devices, "controller", type="pci", index="0", model="pcie-root")
    for index in range(1, ROOT_PORTS + 1):
        SubElement(devices, "controller", type="pci", index=str(index), model="pcie-root-port")
    SubElement(devices, "controller", type="scsi", index="0", model="virtio-scsi")
    SubElement(devices, "controller", type="usb", model="none")


def _disk(devices: Element, disk: DiskSpec, target: str) -> None:
    element = SubElement(devices, "disk", type="file", device="disk")
    # Without the host's page cache live migration is safe and a host crash loses nothing that was flushed.
    SubElement(element, "driver", name="qemu", type=disk.format, cache="none", discard="unmap")
    SubElement(element, "source", file=disk.source)
    SubElement(element, "target", dev=target, bus="virtio")
    # QEMU hands guests at most 20 characters of it: the first five groups of a uuid would not fit.
    _text(element, "serial", disk.uuid.hex[:20])


def _seed(devices: Element, source: str) -> None:
    element = SubElement(devices, "disk", type="file", device="cdrom")
    SubElement(element, "driver", name="qemu", type="raw")
    SubElement(element, "source", file=source)
    # Cloud kernels have no AHCI driver, so a SATA drive would stay invisible to them.
    SubElement(element, "target", dev="sda", bus="scsi")
    SubElement(element, "readonly")


def _nic(devices: Element, nic: NicSpec, datapath: Datapath) -> None:
    interface = SubElement(devices, "interface", type="bridge")
    SubElement(interface, "mac", address=nic.mac)
    SubElement(interface, "source", bridge=INTEGRATION_BRIDGE)
    port = SubElement(interface, "virtualport", type="openvswitch")
    SubElement(port, "parameters", interfaceid=str(nic.uuid))
    SubElement(interface, "model", type="virtio")
    if datapath == "netdev":
        # The user space datapath forwards unfinished checksums as they are: TCP would be dead.
        SubElement(SubElement(interface, "driver"), "host", csum="off")
    SubElement(interface, "mtu", size=str(nic.mtu))


def _serial(devices: Element, name: str) -> None:
    serial = SubElement(devices, "serial", type="pty")
    SubElement(serial, "log", file=f"{SERIAL_LOG_DIRECTORY}/{name}-serial.log", append="on")
    SubElement(serial, "target", port="0")
    console = SubElement(devices, "console", type="pty")
    SubElement(console, "target", type="serial", port="0")


def _agent(devices: Element) -> None:
    channel = SubElement(devices, "channel", type="unix")
    SubElement(channel, "target", type="virtio", name="org.qemu.guest_agent.0")


def _screen(devices: Element, profile: HostProfile) -> None:
    screen = SubElement(devices, "graphics", type="vnc", port="-1", autoport="yes")
    if profile.local_console:
        SubElement(screen, "listen", type="none")
    else:
        # Nobody gets in until a console is opened: that sets a fresh password with a few seconds to live.
        screen.set("passwd", "")
        screen.set("passwdValidTo", "1970-01-01T00:00:01")
        SubElement(screen, "listen", type="address", address="0.0.0.0")  # noqa: S104 - hosts' own network
    video = SubElement(devices, "video")
    SubElement(video, "model", type="vga", vram="16384")


def _rng_and_balloon(devices: Element) -> None:
    rng = SubElement(devices, "rng", model="virtio")
    SubElement(rng, "backend", model="random").text = "/dev/urandom"
    # Statistics of memory come from the balloon, which reports only when it is asked to.
    balloon = SubElement(devices, "memballoon", model="virtio")
    SubElement(balloon, "stats", period="10")

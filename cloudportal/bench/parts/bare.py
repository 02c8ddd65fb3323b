"""A guest made with libvirt and OVN alone: the calls that nobody can do without, and nothing around them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import libvirt
from ovsdbapp.backend.ovs_idl.connection import Connection, OvsdbIdl
from ovsdbapp.schema.ovn_northbound.impl_idl import OvnNbApiIdlImpl

from compute.hypervisors.base import DiskSpec, InstanceSpec, NicSpec
from compute.hypervisors.libvirt.xml import HostProfile, domain_xml
from network.backends.ovn.names import switch
from network.backends.ovn.network import dhcp_key
from network.backends.ovn.rows import OBJECT_KEY
from storage.backends.libvirt.xml import volume_xml

OVN_SECONDS = 20


@dataclass(frozen=True, slots=True)
class BareGuest:
    """What is made; the same size, template and network as the portal's guest."""

    uuid: UUID
    cpus: int
    memory_mib: int
    disk_bytes: int
    mac: str
    address: str
    seed: bytes


class BareSite:
    """Connections to the lab, opened beforehand as the portal's worker has them too."""

    def __init__(self, pool_url: str, pool: UUID, template: UUID, northbound: str, network: UUID, mtu: int) -> None:
        self._hosts = {pool_url: libvirt.open(pool_url)}
        self._storage = self._hosts[pool_url]
        self._pool = self._storage.storagePoolLookupByUUIDString(str(pool))
        prefix = f"template-{template}-"
        data = next(name for name in self._pool.listVolumes() if name.startswith(prefix) and name.endswith(".qcow2"))
        self._template = str(self._pool.storageVolLookupByName(data).path())
        idl = OvsdbIdl.from_server(northbound, "OVN_Northbound")
        self._ovn: Any = OvnNbApiIdlImpl(Connection(idl, timeout=OVN_SECONDS))
        self._switch, self._mtu = switch(network), mtu
        wanted = ("external_ids", "=", {OBJECT_KEY: dhcp_key(network, True)})
        self._dhcp = self._ovn.db_find_rows("DHCP_Options", wanted).execute(check_error=True)[0].uuid

    def connect(self, url: str) -> None:
        """Have a host's connection ready."""
        if url not in self._hosts:
            self._hosts[url] = libvirt.open(url)

    def make(self, guest: BareGuest, url: str, profile: HostProfile) -> None:
        """Clone the disk, store the seed, make the port, define and start."""
        disk = self._pool.createXML(
            volume_xml(f"bare-{guest.uuid}.qcow2", guest.disk_bytes, "qcow2", (self._template, "qcow2"))
        )
        seed = self._upload(guest)
        self._make_port(guest)
        spec = InstanceSpec(
            uuid=guest.uuid, name=f"bare-{guest.uuid}", cpus=guest.cpus, memory_mib=guest.memory_mib,
            disks=(DiskSpec(guest.uuid, str(disk.path()), "qcow2"),),
            nics=(NicSpec(guest.uuid, guest.mac, self._mtu),), seed_source=str(seed.path()),
        )  # fmt: skip
        self._hosts[url].defineXML(domain_xml(spec, profile)).create()

    def remove(self, guest: BareGuest, url: str) -> None:
        domain = self._hosts[url].lookupByUUIDString(str(guest.uuid))
        domain.destroy()
        domain.undefine()
        self._ovn.lsp_del(str(guest.uuid), self._switch).execute(check_error=True)
        for name in (f"bare-{guest.uuid}.qcow2", f"bare-{guest.uuid}.iso"):
            self._pool.storageVolLookupByName(name).delete()

    def close(self) -> None:
        for connection in self._hosts.values():
            connection.close()
        self._ovn.ovsdb_connection.stop()

    def _upload(self, guest: BareGuest) -> Any:
        volume = self._pool.createXML(volume_xml(f"bare-{guest.uuid}.iso", len(guest.seed), "raw"))
        stream = self._storage.newStream()
        volume.upload(stream, 0, len(guest.seed))
        rest = memoryview(guest.seed)
        while rest:
            rest = rest[stream.send(bytes(rest[: 1 << 18])) :]
        stream.finish()
        return volume

    def _make_port(self, guest: BareGuest) -> None:
        binding = f"{guest.mac} {guest.address}"
        self._ovn.lsp_add(
            self._switch, str(guest.uuid), addresses=[binding], port_security=[binding], dhcpv4_options=[self._dhcp]
        ).execute(check_error=True)

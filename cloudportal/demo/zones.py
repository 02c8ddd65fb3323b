"""The places of the demonstration cloud: a zone in the lab, or a simulated one."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from ipaddress import IPv4Network
from pathlib import Path

from cloudportal.infrastructure.drivers.simulator import World
from cloudportal.infrastructure.models import Cluster, Host, Pod, Zone
from cloudportal.infrastructure.services.clusters import create_cluster
from cloudportal.infrastructure.services.zones import create_pod, create_zone, update_zone
from cloudportal.lab import Lab
from compute.services.hosts import add_host, update_host
from network.services.public_addresses import add_public_range
from storage.models import SecondaryStore, StoragePool
from storage.services.pools import create_pool
from storage.services.stores import create_store
from tenants.actor import SYSTEM

ADDRESS_PRICE = Decimal("0.004")
OVERCOMMIT = {"cpu_overcommit": 16, "memory_overcommit": 1}


@dataclass(frozen=True, slots=True)
class Plan:
    """What a zone is made of; `hosts` are names and URLs."""

    zone: str
    hypervisor: str
    network_url: str
    public_cidr: str
    public_gateway: str
    public_mapping: str
    hosts: tuple[tuple[str, str], ...]
    datapath: str
    pool_url: str
    pool_path: str
    store_path: Path


def lab_plan(base: Path, state_dir: Path) -> Plan:
    """The lab's two KVM hosts under OVN."""
    lab = Lab(base, owner=None)
    chassis = ",".join(host.chassis for host in lab.hosts)
    return Plan(
        zone="Lab",
        hypervisor=Cluster.Hypervisor.KVM,
        network_url=f"{lab.ovn_nb_url}?chassis={chassis}",
        public_cidr=lab.public_cidr,
        public_gateway=lab.public_gateway,
        public_mapping=lab.public_mapping,
        hosts=tuple((host.name, host.libvirt_url) for host in lab.hosts),
        datapath=Host.Datapath.NETDEV,
        pool_url=lab.hosts[0].libvirt_url,
        pool_path=str(lab.shared),
        store_path=state_dir / "secondary",
    )


def simulated_plan(state_dir: Path) -> Plan:
    """Four hosts that exist in a file."""
    world = World(state_dir / "simulated-world.sqlite3")
    names = [f"sim-{number}" for number in range(1, 5)]
    for name in sorted(set(names) - set(world.hosts())):
        world.add_host(name, cpus=16, memory_mib=65_536)
    return Plan(
        zone="Simulated",
        hypervisor=Cluster.Hypervisor.SIMULATOR,
        network_url=world.url(),
        public_cidr="203.0.113.0/24",
        public_gateway="203.0.113.1",
        public_mapping="public",
        hosts=tuple((name, world.url(name, latency_ms=40)) for name in names),
        datapath=Host.Datapath.KERNEL,
        pool_url=world.url(),
        pool_path="/pools",
        store_path=state_dir / "secondary",
    )


def ensure_zone(plan: Plan) -> Zone:
    """The zone with everything in it; what is there already is kept, with addresses that follow the machine."""
    zone = Zone.objects.filter(name=plan.zone).first()
    if zone is None:
        zone = create_zone(
            SYSTEM, name=plan.zone, network_url=plan.network_url, public_cidr=plan.public_cidr,
            public_gateway=plan.public_gateway, public_mapping=plan.public_mapping, dns_servers=["9.9.9.9", "1.1.1.1"],
        )  # fmt: skip
        _add_addresses(zone)
    elif zone.network_url != plan.network_url:
        update_zone(SYSTEM, zone=zone, network_url=plan.network_url)
    cluster = _ensure_cluster(zone, plan)
    for name, url in plan.hosts:
        _ensure_host(cluster, name, url, plan.datapath)
    _ensure_storage(zone, cluster, plan)
    return zone


def _add_addresses(zone: Zone) -> None:
    cidr = IPv4Network(zone.public_cidr)
    first, last = cidr.network_address + 10, cidr.broadcast_address - 5
    add_public_range(SYSTEM, zone=zone, first=str(first), last=str(last), price_per_hour=ADDRESS_PRICE)


def _ensure_cluster(zone: Zone, plan: Plan) -> Cluster:
    pod = Pod.objects.filter(zone=zone).first() or create_pod(SYSTEM, zone=zone, name="Rack 1")
    known = Cluster.objects.filter(pod=pod).first()
    return known or create_cluster(SYSTEM, pod=pod, name="Cluster 1", hypervisor=plan.hypervisor, **OVERCOMMIT)


def _ensure_host(cluster: Cluster, name: str, url: str, datapath: str) -> None:
    host = Host.objects.filter(cluster=cluster, name=name).first()
    if host is None:
        add_host(SYSTEM, cluster=cluster, name=name, url=url, datapath=datapath)
    elif host.url != url:
        update_host(SYSTEM, host=host, url=url)


def _ensure_storage(zone: Zone, cluster: Cluster, plan: Plan) -> None:
    plan.store_path.mkdir(parents=True, exist_ok=True)
    if not SecondaryStore.objects.filter(zone=zone).exists():
        create_store(SYSTEM, zone=zone, name="Secondary 1", path=str(plan.store_path))
    if not StoragePool.objects.filter(cluster=cluster).exists():
        # A directory for each zone: a lab may outlive the database that knew its first pool.
        path = f"{plan.pool_path}/{zone.uuid}"
        create_pool(SYSTEM, cluster=cluster, name="Primary 1", url=plan.pool_url, path=path)

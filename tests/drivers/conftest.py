"""What the contract suites run on: every implementation of a Protocol, one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from cloudportal.infrastructure.drivers.simulator import World
from compute.hypervisors.base import HostTarget, Hypervisor
from compute.hypervisors.registry import hypervisor_for
from network.backends.base import NetworkBackend
from network.backends.registry import backend_for as networks_for
from storage.backends.base import PoolTarget, StorageBackend
from storage.backends.registry import backend_for as storage_for

TEST_DRIVER = "test:///default"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With ``--dist loadgroup`` one worker has the lab: two would fight for the processors."""
    for item in items:
        if item.get_closest_marker("lab"):
            item.add_marker(pytest.mark.xdist_group("lab"))


@pytest.fixture
def world(world: World) -> World:
    """The simulated world with one host."""
    world.add_host("sim-1", cpus=8, memory_mib=16_384)
    return world


@pytest.fixture(params=["simulator", "libvirt-test", pytest.param("libvirt-qemu", marks=pytest.mark.lab)])
def host(request: pytest.FixtureRequest) -> HostTarget:
    """A host of each kind."""
    if request.param == "simulator":
        return HostTarget(request.getfixturevalue("world").url("sim-1"))
    pytest.importorskip("libvirt", reason="libvirt-python is not installed")
    if request.param == "libvirt-test":
        return HostTarget(TEST_DRIVER)
    first = request.getfixturevalue("lab").hosts[0]
    return HostTarget(first.libvirt_url, datapath="netdev")


@pytest.fixture
def hypervisor(host: HostTarget) -> Iterator[Hypervisor]:
    hypervisor = hypervisor_for(host)
    before = set(hypervisor.power_states())
    yield hypervisor
    for uuid in set(hypervisor.power_states()) - before:
        hypervisor.remove_instance(uuid)
    hypervisor.close()


@pytest.fixture(params=["simulator", "libvirt-test", pytest.param("libvirt-qemu", marks=pytest.mark.lab)])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[StorageBackend]:
    """A prepared pool of each kind."""
    uuid = uuid4()
    if request.param == "simulator":
        target = PoolTarget(uuid, request.getfixturevalue("world").url(), "/pools/sim")
    else:
        pytest.importorskip("libvirt", reason="libvirt-python is not installed")
        target = PoolTarget(uuid, TEST_DRIVER, str(tmp_path / "pool"))
    if request.param == "libvirt-qemu":
        lab = request.getfixturevalue("lab")
        target = PoolTarget(uuid, lab.hosts[0].libvirt_url, str(lab.shared / f"pool-{uuid}"))
    backend = storage_for(target)
    backend.prepare()
    yield backend
    backend.close()


@pytest.fixture(params=["simulator", pytest.param("ovn", marks=pytest.mark.lab)])
def network_engine(request: pytest.FixtureRequest) -> Iterator[NetworkBackend]:
    """A network engine of each kind."""
    if request.param == "simulator":
        backend = networks_for(request.getfixturevalue("world").url())
    else:
        pytest.importorskip("ovsdbapp", reason="ovsdbapp is not installed")
        lab = request.getfixturevalue("lab")
        backend = networks_for(f"{lab.ovn_nb_url}?sb={lab.ovn_sb_url}")
    yield backend
    backend.close()

"""The simulated world itself: faults on order, many processes, many hosts."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable
from ipaddress import IPv4Address
from uuid import UUID, uuid4

import pytest

from cloudportal.infrastructure.drivers.errors import Fatal, Retryable
from cloudportal.infrastructure.drivers.simulator import World
from compute.hypervisors.base import HostTarget, Hypervisor, InstanceSpec, NicSpec, PowerState
from compute.hypervisors.registry import hypervisor_for
from network.backends.base import PortSpec
from network.backends.registry import backend_for as networks_for
from storage.backends.base import PoolTarget, StorageBackend, VolumeSpec
from storage.backends.registry import backend_for as storage_for
from tests.drivers.test_network_contract import PUBLIC, network_spec

GIB = 1024**3


@pytest.fixture
def sim(world: World) -> Hypervisor:
    return hypervisor_for(HostTarget(world.url("sim-1")))


@pytest.fixture
def pool(world: World) -> StorageBackend:
    pool = storage_for(PoolTarget(uuid4(), world.url(), "/pools/sim"))
    pool.prepare()
    return pool


def instance(uuid: UUID | None = None, nics: tuple[NicSpec, ...] = ()) -> InstanceSpec:
    return InstanceSpec(uuid or uuid4(), "web-1", cpus=2, memory_mib=512, disks=(), nics=nics)


@pytest.mark.parametrize(("kind", "error"), [("retryable", Retryable), ("fatal", Fatal)])
def test_an_ordered_failure_happens_as_often_as_ordered_and_changes_nothing(
    world: World, sim: Hypervisor, kind: str, error: type[Exception]
) -> None:
    world.inject("define_instance", kind, times=2)  # type: ignore[arg-type]
    spec = instance()

    for _ in range(2):
        with pytest.raises(error):
            sim.define_instance(spec)

    assert world.instances() == {}
    sim.define_instance(spec)
    assert world.instances().keys() == {spec.uuid}
    assert world.faults_left() == 0


def test_a_lost_answer_leaves_the_work_done(world: World, sim: Hypervisor) -> None:
    spec = instance()
    world.inject("define_instance", "lost-answer")

    with pytest.raises(Retryable, match="answer"):
        sim.define_instance(spec)

    assert world.instances().keys() == {spec.uuid}


def test_a_hang_takes_its_time_and_goes_on(world: World, sim: Hypervisor) -> None:
    world.inject("ping", "hang", seconds=0.2)
    began = time.monotonic()

    sim.ping()

    assert time.monotonic() - began >= 0.2


def test_a_fault_of_one_host_leaves_the_others_alone(world: World, sim: Hypervisor) -> None:
    world.add_host("sim-2")
    world.inject("*", "retryable", times=-1, host="sim-2")

    sim.ping()
    with pytest.raises(Retryable):
        hypervisor_for(HostTarget(world.url("sim-2"))).ping()


def test_a_dead_host_answers_nothing_and_its_guests_are_off_when_it_is_back(world: World, sim: Hypervisor) -> None:
    spec = instance()
    sim.define_instance(spec)
    sim.start_instance(spec.uuid)

    world.kill_host("sim-1")
    for call in (sim.ping, sim.power_states, sim.facts):
        with pytest.raises(Retryable, match="sim-1"):
            call()

    world.revive_host("sim-1")
    assert sim.power_state(spec.uuid) is PowerState.STOPPED


def test_an_isolated_host_keeps_its_guests_running(world: World, sim: Hypervisor) -> None:
    spec = instance()
    sim.define_instance(spec)
    sim.start_instance(spec.uuid)

    world.isolate_host("sim-1")

    assert world.instances()[spec.uuid].state == "running"


def test_a_full_pool_takes_no_volume(world: World, pool: StorageBackend) -> None:
    world.resize_pool(next(iter(world.pools())), 1 * GIB)

    with pytest.raises(Fatal, match="room"):
        pool.create_volume(VolumeSpec(uuid4(), 2 * GIB))

    assert world.volumes() == {}
    assert pool.capacity().available_bytes == 1 * GIB


def test_room_that_a_deleted_volume_took_comes_back(world: World, pool: StorageBackend) -> None:
    before = pool.capacity()
    spec = VolumeSpec(uuid4(), 2 * GIB)

    pool.create_volume(spec)
    assert pool.capacity().available_bytes == before.available_bytes - 2 * GIB
    pool.resize_volume(spec.uuid, 3 * GIB)
    pool.delete_volume(spec.uuid)

    assert pool.capacity() == before


def test_a_guest_without_acpi_ignores_the_power_button(world: World, sim: Hypervisor) -> None:
    spec = instance()
    sim.define_instance(spec)
    sim.start_instance(spec.uuid)
    world.ignore_power_button(spec.uuid)

    sim.shut_down_instance(spec.uuid)

    assert sim.power_state(spec.uuid) is PowerState.RUNNING


def test_a_port_is_up_while_its_instance_runs(world: World, sim: Hypervisor) -> None:
    networks, network, port = networks_for(world.url()), network_spec(), uuid4()
    networks.ensure_public(PUBLIC)
    networks.create_network(network)
    networks.create_port(PortSpec(port, network.uuid, "02:00:00:00:00:01", IPv4Address("10.1.0.9"), "web-1"))
    spec = instance(nics=(NicSpec(port, "02:00:00:00:00:01", 1442),))
    sim.define_instance(spec)
    assert not networks.port_is_up(port)

    sim.start_instance(spec.uuid)
    assert networks.port_is_up(port)

    sim.stop_instance(spec.uuid)
    assert not networks.port_is_up(port)


def test_hosts_that_lag_behind_are_waited_for_and_no_longer(world: World) -> None:
    world.delay_networks()

    assert networks_for(world.url()).wait_applied(0.1) is False
    world.delay_networks(False)
    assert networks_for(world.url()).wait_applied(0.1) is True


def test_a_screen_shows_a_picture(sim: Hypervisor) -> None:
    spec = instance()
    sim.define_instance(spec)
    sim.start_instance(spec.uuid)

    with sim.open_console(spec.uuid).stream as screen:
        screen.settimeout(5)
        read = screen.makefile("rb").read
        assert read(12) == b"RFB 003.008\n"
        screen.sendall(b"RFB 003.008\n")
        assert read(2) == b"\x01\x01"
        screen.sendall(b"\x01")
        assert read(4) == b"\0\0\0\0"
        screen.sendall(b"\x01")
        width, height = int.from_bytes(read(2), "big"), int.from_bytes(read(2), "big")
        read(16)
        assert read(int.from_bytes(read(4), "big")) == b"web-1 (simulated)"
        screen.sendall(b"\x03\x00\0\0\0\0" + width.to_bytes(2, "big") + height.to_bytes(2, "big"))
        header, pixels = read(16), read(width * height * 4)

    assert header[:4] == b"\0\0\0\x01"
    assert len({pixels[at : at + 4] for at in range(0, len(pixels), 4)}) == 2


def fork(*works: Callable[[], None]) -> None:
    """Run each in a process of its own, all at once, and see that all went well."""
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=work) for work in works]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0] * len(processes)


def test_workers_that_write_at_once_lose_nothing(world: World, sim: Hypervisor) -> None:
    sim.ping()  # the parent has the file open before it forks
    mine, theirs = [instance() for _ in range(100)], [instance() for _ in range(100)]

    def define(specs: list[InstanceSpec]) -> None:
        for spec in specs:
            sim.define_instance(spec)

    fork(lambda: define(mine), lambda: define(theirs))

    assert world.instances().keys() == {spec.uuid for spec in [*mine, *theirs]}


def test_a_fault_strikes_one_of_many_workers(world: World, sim: Hypervisor) -> None:
    world.inject("ping", "retryable", times=3)

    def ping_often() -> None:
        for _ in range(20):
            try:
                sim.ping()
            except Retryable:
                sim.define_instance(instance())

    fork(ping_often, ping_often, ping_often)

    assert len(world.instances()) == 3


def test_twenty_thousand_hosts_are_as_quick_as_one(world: World) -> None:
    world.add_hosts(20_000)
    sims = [hypervisor_for(HostTarget(world.url(f"sim-{number}"))) for number in range(1, 20_000, 100)]
    began = time.monotonic()

    for sim in sims:
        spec = instance()
        sim.define_instance(spec)
        sim.start_instance(spec.uuid)
        assert sim.power_states() == {spec.uuid: PowerState.RUNNING}

    assert (time.monotonic() - began) / len(sims) < 0.02

"""What every hypervisor driver promises, on every kind of host."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from cloudportal.infrastructure.drivers.errors import Fatal, NotFound, Unsupported
from compute.hypervisors.base import HostTarget, Hypervisor, InstanceSpec, PowerState
from compute.hypervisors.registry import hypervisor_for


def diskless(uuid: UUID, name: str = "web-1", cpus: int = 1) -> InstanceSpec:
    return InstanceSpec(uuid, name, cpus=cpus, memory_mib=64, disks=(), nics=())


@pytest.fixture
def instance(hypervisor: Hypervisor) -> UUID:
    """An instance that is defined and does not run."""
    uuid = uuid4()
    hypervisor.define_instance(diskless(uuid))
    return uuid


def test_a_host_describes_itself(hypervisor: Hypervisor) -> None:
    facts = hypervisor.facts()

    assert facts.hypervisor
    assert facts.version
    assert facts.hostname
    assert facts.cpus > 0
    assert facts.memory_mib > 0
    assert facts.virt_type in {"kvm", "qemu"}


def test_a_living_host_answers_a_ping(hypervisor: Hypervisor) -> None:
    hypervisor.ping()


def test_a_defined_instance_is_known_and_stopped(hypervisor: Hypervisor) -> None:
    uuid = uuid4()

    hypervisor.define_instance(diskless(uuid))

    assert hypervisor.power_state(uuid) is PowerState.STOPPED
    assert hypervisor.power_states()[uuid] is PowerState.STOPPED


def test_defining_again_replaces_the_definition_and_keeps_one_instance(hypervisor: Hypervisor, instance: UUID) -> None:
    before = set(hypervisor.power_states())

    hypervisor.define_instance(diskless(instance, name="renamed", cpus=2))

    assert set(hypervisor.power_states()) == before


@pytest.mark.parametrize("name", ["<domain>", "a & b", "line\nbreak", "Ünïcödé", "'\"", "\x00\x1b"])
def test_a_name_may_hold_anything_that_a_tenant_types(hypervisor: Hypervisor, name: str) -> None:
    uuid = uuid4()

    hypervisor.define_instance(diskless(uuid, name=name))

    assert hypervisor.power_state(uuid) is PowerState.STOPPED


def test_two_instances_may_have_the_same_name(hypervisor: Hypervisor) -> None:
    first, second = uuid4(), uuid4()

    hypervisor.define_instance(diskless(first, name="twin"))
    hypervisor.define_instance(diskless(second, name="twin"))

    assert {first, second} <= set(hypervisor.power_states())


def test_a_started_instance_runs_and_starting_it_again_is_success(hypervisor: Hypervisor, instance: UUID) -> None:
    hypervisor.start_instance(instance)
    hypervisor.start_instance(instance)

    assert hypervisor.power_state(instance) is PowerState.RUNNING


def test_defining_a_running_instance_again_leaves_it_running(hypervisor: Hypervisor, instance: UUID) -> None:
    hypervisor.start_instance(instance)

    hypervisor.define_instance(diskless(instance, cpus=2))

    assert hypervisor.power_state(instance) is PowerState.RUNNING


def test_stopping_cuts_the_power_and_stopping_again_is_success(hypervisor: Hypervisor, instance: UUID) -> None:
    hypervisor.start_instance(instance)

    hypervisor.stop_instance(instance)
    hypervisor.stop_instance(instance)

    assert hypervisor.power_state(instance) is PowerState.STOPPED


def test_a_stopped_instance_starts_again(hypervisor: Hypervisor, instance: UUID) -> None:
    hypervisor.start_instance(instance)
    hypervisor.stop_instance(instance)

    hypervisor.start_instance(instance)

    assert hypervisor.power_state(instance) is PowerState.RUNNING


def test_the_power_button_may_be_pressed_more_than_once(hypervisor: Hypervisor, instance: UUID) -> None:
    hypervisor.start_instance(instance)

    hypervisor.shut_down_instance(instance)
    hypervisor.shut_down_instance(instance)

    assert hypervisor.power_state(instance) in {PowerState.RUNNING, PowerState.STOPPED}


def test_a_rebooted_instance_runs(hypervisor: Hypervisor, instance: UUID, host: HostTarget) -> None:
    hypervisor.start_instance(instance)

    hypervisor.reboot_instance(instance)

    if not host.url.startswith("test:"):  # its reboot only stops the guest
        assert hypervisor.power_state(instance) is PowerState.RUNNING


def test_an_instance_that_does_not_run_can_not_be_rebooted(hypervisor: Hypervisor, instance: UUID) -> None:
    with pytest.raises(Fatal):
        hypervisor.reboot_instance(instance)


def test_removing_a_running_instance_leaves_nothing_and_may_be_repeated(hypervisor: Hypervisor, instance: UUID) -> None:
    hypervisor.start_instance(instance)

    hypervisor.remove_instance(instance)
    hypervisor.remove_instance(instance)

    assert hypervisor.power_state(instance) is PowerState.MISSING
    assert instance not in hypervisor.power_states()


def test_a_missing_instance_is_stopped_already(hypervisor: Hypervisor) -> None:
    hypervisor.stop_instance(uuid4())


@pytest.mark.parametrize("operation", ["start_instance", "shut_down_instance", "reboot_instance", "open_console"])
def test_a_missing_instance_is_not_found(hypervisor: Hypervisor, operation: str) -> None:
    with pytest.raises(NotFound):
        getattr(hypervisor, operation)(uuid4())


def test_statistics_tell_of_running_instances_alone(hypervisor: Hypervisor, instance: UUID) -> None:
    assert instance not in hypervisor.statistics()

    hypervisor.start_instance(instance)

    counters = hypervisor.statistics()[instance]
    assert counters.cpu_time_ns >= 0
    assert counters.memory_used_mib >= 0


def test_a_console_of_a_running_instance_speaks_rfb(hypervisor: Hypervisor, instance: UUID) -> None:
    hypervisor.start_instance(instance)
    try:
        console = hypervisor.open_console(instance)
    except Unsupported as error:
        pytest.skip(str(error))

    with console.stream as stream:
        stream.settimeout(10)
        assert stream.recv(12) == b"RFB 003.008\n"


def test_an_instance_that_does_not_run_has_no_console(hypervisor: Hypervisor, instance: UUID) -> None:
    with pytest.raises(NotFound):
        hypervisor.open_console(instance)


def test_a_second_driver_sees_what_the_first_did(hypervisor: Hypervisor, instance: UUID, host: HostTarget) -> None:
    assert hypervisor_for(host).power_state(instance) is PowerState.STOPPED

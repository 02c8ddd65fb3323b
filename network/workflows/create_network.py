"""Making a network."""

from __future__ import annotations

from cloudportal.jobs.run import Run
from cloudportal.jobs.workflow import Workflow
from network.engines import backend_of, network_spec, public_spec
from network.models import Network
from network.reservations import release_network
from network.states import NETWORK
from network.usage import emit_address, emit_network

CREATE_NETWORK = Workflow("network.create_network", "Create network", move=NETWORK.create)

APPLY_SECONDS = 10


@CREATE_NETWORK.step("Make the zone's public network known")
def ensure_public(run: Run[Network]) -> None:
    zone = run.resource.zone
    backend_of(zone).ensure_public(public_spec(zone))


@CREATE_NETWORK.step("Create the switch and its router")
def create_switch(run: Run[Network]) -> None:
    network = run.resource
    backend_of(network.zone).create_network(network_spec(network))


@create_switch.undo
def delete_switch(run: Run[Network]) -> None:
    backend_of(run.resource.zone).delete_network(run.resource.uuid)


@CREATE_NETWORK.step("Wait for the hosts")
def wait_for_hosts(run: Run[Network]) -> None:
    if not backend_of(run.resource.zone).wait_applied(APPLY_SECONDS):
        run.log("Some hosts have not confirmed the network yet; they take it when they are back.", "warning")


@CREATE_NETWORK.finish
def meter(run: Run[Network]) -> None:
    network = run.resource
    emit_network(network, held=True)
    for address in network.public_addresses.all():
        emit_address(address, held=True)


@CREATE_NETWORK.give_up
def release(run: Run[Network]) -> None:
    release_network(run.resource)

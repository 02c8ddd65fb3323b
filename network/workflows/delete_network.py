"""Removing a network."""

from __future__ import annotations

from django.db.models.functions import Now

from cloudportal.jobs.run import Run
from cloudportal.jobs.workflow import Workflow
from network.engines import backend_of
from network.models import Network, NetworkShare
from network.reservations import release_network
from network.states import NETWORK
from network.usage import emit_address, emit_network

DELETE_NETWORK = Workflow("network.delete_network", "Delete network", move=NETWORK.delete, cancellable=False)


@DELETE_NETWORK.step("Remove the switch and its router")
def delete_switch(run: Run[Network]) -> None:
    backend_of(run.resource.zone).delete_network(run.resource.uuid)


@DELETE_NETWORK.finish
def release(run: Run[Network]) -> None:
    network = run.resource
    emit_network(network, held=False)
    for address in network.public_addresses.all():
        emit_address(address, held=False)
    release_network(network)
    NetworkShare.objects.filter(resource=network).delete()
    Network.objects.filter(pk=network.pk).update(removed_at=Now())

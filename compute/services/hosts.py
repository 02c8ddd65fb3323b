"""Hosts: add, change, remove."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import ProtectedError
from django.db.models.functions import Now

from cloudportal.core import events
from cloudportal.core.alerts import resolve, subject_of
from cloudportal.core.differences import facts
from cloudportal.core.driver_errors import DriverError
from cloudportal.core.errors import Conflict, Unreachable
from cloudportal.core.writing import insert, update
from cloudportal.infrastructure.alerts import HOST_DISCONNECTED
from cloudportal.infrastructure.models import Cluster, Host
from cloudportal.infrastructure.services.clusters import apply_overcommit
from cloudportal.infrastructure.services.engines import check_engine_url
from cloudportal.infrastructure.services.scheduling import refresh_schedulable
from cloudportal.infrastructure.states import ConnectionState
from compute.engines import hypervisor_of, target_of
from compute.hypervisors.base import HostFacts
from tenants.actor import Actor


def add_host(
    actor: Actor, *, cluster: Cluster, name: str, url: str,
    username: str = "", password: str = "", virt_type: str = "auto", datapath: str = "kernel",
) -> Host:  # fmt: skip
    """Connect to a host, ask what it has, and add it to a cluster.

    Raises:
        PermissionDenied: the actor does not manage the infrastructure.
        InvalidInput: a field is wrong, the URL does not suit the cluster, or name or URL are taken.
        Unreachable: the host did not answer; nothing is kept.
    """
    actor.require_everywhere("infrastructure.manage")
    check_engine_url(cluster, url, "host")
    host = Host(
        cluster=cluster, zone=cluster.pod.zone, name=name.strip(), url=url, username=username, password=password,
        virt_type=virt_type, datapath=datapath,
    )  # fmt: skip
    with transaction.atomic():
        insert(host)
        _write_facts(host, _discover(host))
        refresh_schedulable(Host.objects.filter(pk=host.pk))
        events.record(actor, "compute.add_host", f"Host {host} added to {cluster}.", resource=host)
    host.refresh_from_db()
    return host


def update_host(actor: Actor, *, host: Host, **changes: Any) -> Host:
    """Change name, URL, credentials or resource state. A new way to reach the host is tried before it is kept.

    Raises:
        PermissionDenied: the actor does not manage the infrastructure.
        InvalidInput: a field is wrong or taken, or the URL does not suit the cluster.
        Unreachable: the host does not answer that way; nothing is changed.
    """
    actor.require_everywhere("infrastructure.manage")
    if "url" in changes:
        check_engine_url(host.cluster, changes["url"], "host")
    with transaction.atomic():
        update(host, **changes)
        if {"url", "username", "password", "virt_type"} & changes.keys():
            host.found_virt_type = ""
            _write_facts(host, _discover(host))
        refresh_schedulable(Host.objects.filter(pk=host.pk))
        fields = sorted(changes)
        events.record(actor, "compute.update_host", f"Host {host} changed.", resource=host, fields=fields)
    host.refresh_from_db()
    return host


def update_host_state(actor: Actor, *, host: Host, resource_state: str) -> Host:
    """Enable or disable a host: disabled, it keeps what runs and takes nothing new. The refusals of `update_host`."""
    return update_host(actor, host=host, resource_state=resource_state)


def remove_host(actor: Actor, *, host: Host) -> None:
    """Forget an empty host.

    Raises:
        PermissionDenied: the actor does not manage the infrastructure.
        Conflict: instances run on it or are defined there.
    """
    actor.require_everywhere("infrastructure.manage")
    with transaction.atomic():
        events.record(actor, "compute.remove_host", f"Host {host} removed.", resource=host, before=facts(host))
        resolve(HOST_DISCONNECTED, [subject_of(host).about])
        try:
            host.delete()
        except ProtectedError as error:
            raise Conflict(f"Host {host} still has instances; expunge or move them first.") from error


def _discover(host: Host) -> HostFacts:
    try:
        return hypervisor_of(host).facts()
    except DriverError as error:
        raise Unreachable(f"Host {host} can't be used: {error}", url=target_of(host).url) from error


def _write_facts(host: Host, facts: HostFacts) -> None:
    """What the host has, and by its cluster's factors what may be promised of it."""
    Host.objects.filter(pk=host.pk).update(
        cpus=facts.cpus,
        memory_mib=facts.memory_mib,
        hypervisor_name=facts.hypervisor,
        hypervisor_version=facts.version,
        cpu_model=facts.cpu_model,
        found_virt_type=facts.virt_type,
        connection_state=ConnectionState.UP,
        last_seen_at=Now(),
        last_error="",
    )
    apply_overcommit(host.cluster)

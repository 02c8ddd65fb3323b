"""Clusters, and what may be promised of their hosts."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Floor

from cloudportal.core import events
from cloudportal.core.errors import InvalidInput
from cloudportal.core.writing import insert, update
from cloudportal.infrastructure.models import Cluster, Host, Pod
from cloudportal.infrastructure.services.scheduling import refresh_schedulable
from tenants.actor import Actor


def create_cluster(actor: Actor, *, pod: Pod, name: str, hypervisor: str, **more: Any) -> Cluster:
    """Add a cluster to a pod.

    Raises:
        PermissionDenied: the actor does not manage the infrastructure.
        InvalidInput: a field is wrong, or the name is taken.
    """
    actor.require_everywhere("infrastructure.manage")
    with transaction.atomic():
        cluster = insert(Cluster(pod=pod, name=name, hypervisor=hypervisor, **more))
        events.record(actor, "infrastructure.create_cluster", f"Cluster {cluster} created.", resource=cluster)
    return cluster


def update_cluster(actor: Actor, *, cluster: Cluster, **changes: Any) -> Cluster:
    """Change a cluster; overcommit factors reach its hosts at once.

    Raises:
        PermissionDenied: the actor does not manage the infrastructure.
        InvalidInput: a field is wrong, or a host has promised more than a lower factor would allow.
    """
    actor.require_everywhere("infrastructure.manage")
    with transaction.atomic():
        update(cluster, **changes)
        hosts = Host.objects.filter(cluster=cluster)
        apply_overcommit(cluster)
        refresh_schedulable(hosts)
        events.record(
            actor,
            "infrastructure.update_cluster",
            f"Cluster {cluster} changed.",
            resource=cluster,
            fields=sorted(changes),
        )
    return cluster


def apply_overcommit(cluster: Cluster) -> None:
    """Recompute what may be promised of the cluster's hosts.

    Raises:
        InvalidInput: some host has promised more already.
    """
    try:
        with transaction.atomic():
            Host.objects.filter(cluster=cluster).update(
                cpu_capacity=Floor(F("cpus") * cluster.cpu_overcommit),
                memory_capacity_mib=Floor(F("memory_mib") * cluster.memory_overcommit),
            )
    except IntegrityError as error:
        field = "cpu_overcommit" if "cpus" in str(error) else "memory_overcommit"
        raise InvalidInput({field: "A host of the cluster has promised more than that allows."}) from error

"""Every minute: where the database and the engines differ, and what is done about it.

Rules 1 to 4 are about instances and stand in `repair_instance`. The others:

5. A volume in a pool whose row is removed: it is deleted there. A volume without a row is left alone, and reported.
   So with the seed of an instance that is removed or in Error: it holds user data.
6. A port on the network engine without a row: it is deleted there. Rows come first, so it is a left-over. With
   `network.reconcile_removes` off it is reported: after an older backup was restored, its row may be forgotten.
7. A network on the engine that is removed here: it is deleted there. One without a row is left alone, and reported.
8. A network that is Implemented here and missing on the engine: it is made again there, empty; ports come back
   when their instances start.
9. A counter that differs from the sum of what it counts: it is reported as a defect of ours, loudly.
10. A copy of a removed template in a pool, on which no volume leans: it is deleted there.
11. What a copy that did not come to its end left in a pool, while no job is at it: it is deleted there. Parts of a
   template without a row are left alone, and reported.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from cloudportal.core.configuration import value_of
from cloudportal.core.driver_errors import DriverError
from cloudportal.core.errors import Conflict
from cloudportal.infrastructure.models import Host, Zone
from cloudportal.infrastructure.states import ConnectionState
from cloudportal.jobs import services as jobs
from cloudportal.jobs.models import Job
from cloudportal.jobs.models.job import ACTIVE
from cloudportal.jobs.periodic import System, every
from cloudportal.jobs.run import Run
from cloudportal.jobs.workflow import Workflow
from compute.engines import hypervisor_of
from compute.hypervisors.base import PowerState
from compute.models import Instance
from compute.workflows.repair_instance import ON, REPAIR_INSTANCE, belongs_nowhere
from network.backends.base import NetworkBackend
from network.engines import backend_of as network_of
from network.engines import network_spec, public_spec
from network.models import Network, Port
from network.settings import RECONCILE_REMOVES
from storage.engines import backend_of as storage_of
from storage.engines import import_token
from storage.models import StoragePool, Template, TemplateCopy, Volume
from storage.workflows import COPY_TEMPLATE

RECONCILE = Workflow("compute.reconcile", "Reconcile with the engines", cancellable=False)


@RECONCILE.step("Instances", deadline_seconds=300)
def instances(run: Run[None]) -> None:
    for host in Host.objects.filter(connection_state=ConnectionState.UP).iterator():
        run.checkpoint()
        try:
            seen = hypervisor_of(host).power_states()
        except DriverError as error:
            run.log(f"Host {host}: {error}", "warning")
            continue
        _compare_host(run, host, seen)


def _compare_host(run: Run[None], host: Host, seen: Mapping[UUID, PowerState]) -> None:
    expected = set(Instance.objects.filter(host=host, state="Running").values_list("uuid", flat=True))
    known = {row.uuid: row for row in Instance.objects.filter(uuid__in=expected | seen.keys())}
    for uuid in seen.keys() - known.keys():
        run.log(f"Rule 4: host {host} has a machine {uuid} that is not ours.")
    for uuid, instance in known.items():
        if _differs(instance, host, seen.get(uuid, PowerState.MISSING)):
            _repair(run, instance, host)


def _differs(instance: Instance, host: Host, power: PowerState) -> bool:
    if power is PowerState.MISSING:
        return instance.state == "Running" and instance.host_id == host.pk
    if belongs_nowhere(instance) or host.pk not in {instance.host_id, instance.last_host_id}:
        return True
    if power in ON:
        return instance.state in {"Stopped", "Destroyed"}
    return instance.state == "Running" and instance.host_id == host.pk


def _repair(run: Run[None], instance: Instance, host: Host) -> None:
    try:
        jobs.start(System(), REPAIR_INSTANCE, instance, host_id=host.pk)
    except Conflict:
        run.log(f"Instance {instance} is being changed; looked at again in the next round.")


@RECONCILE.step("Volumes", deadline_seconds=300)
def volumes(run: Run[None]) -> None:
    for pool in StoragePool.objects.iterator():
        run.checkpoint()
        try:
            _compare_pool(run, pool)
            _delete_seeds(run, pool)
            _delete_copies(run, pool)
            _delete_imports(run, pool)
        except DriverError as error:
            run.log(f"Pool {pool}: {error}", "warning")


def _compare_pool(run: Run[None], pool: StoragePool) -> None:
    backend = storage_of(pool)
    found = set(backend.volumes())
    rows = dict(Volume.objects.filter(uuid__in=found).values_list("uuid", "removed_at"))
    for uuid in found:
        if uuid not in rows:
            run.log(f"Rule 5: pool {pool} has a volume {uuid} that is not ours.")
        elif rows[uuid] is not None:
            backend.delete_volume(uuid)
            run.log(f"Rule 5: volume {uuid} deleted from pool {pool}; it was removed here.", "warning")


def _delete_seeds(run: Run[None], pool: StoragePool) -> None:
    backend = storage_of(pool)
    found = backend.seeds()
    over = Instance.objects.filter(Q(state="Error") | Q(removed_at__isnull=False), uuid__in=found)
    for uuid in over.exclude(pk__in=_being_changed()).values_list("uuid", flat=True):
        backend.delete_seed(uuid)
        run.log(f"Rule 5: seed of instance {uuid} deleted from pool {pool}; it was removed here.", "warning")


def _being_changed() -> QuerySet[Job, int | None]:
    jobs_on = Job.objects.filter(resource_type=Instance._meta.label_lower, state__in=ACTIVE)
    return jobs_on.values_list("resource_id", flat=True)


def _delete_copies(run: Run[None], pool: StoragePool) -> None:
    leaning = Volume.objects.filter(pool=pool, template=OuterRef("template"))
    copies = TemplateCopy.objects.filter(~Exists(leaning), pool=pool, template__removed_at__isnull=False)
    for copy in copies.exclude(state="Copying").select_related("template"):
        storage_of(pool).delete_template(copy.template.uuid)
        copy.delete()
        run.log(f"Rule 10: template {copy.template} deleted from pool {pool}; nothing leans on it any more.")


def _delete_imports(run: Run[None], pool: StoragePool) -> None:
    backend = storage_of(pool)
    # The pool first and the jobs after it: an import whose job came meanwhile can't be mistaken for a left-over, and
    # one that was finished meanwhile is refused by the driver.
    parts = backend.imports()
    ours = dict(Template.objects.filter(uuid__in={part.template for part in parts}).values_list("uuid", "name"))
    working = {import_token(job) for job in Job.objects.filter(kind=COPY_TEMPLATE.kind, state__in=ACTIVE)}
    for part in parts:
        if part.template not in ours:
            run.log(f"Rule 11: pool {pool} has parts of a template {part.template} that is not ours.")
        elif part.token not in working:
            backend.delete_import(part)
            run.log(f"Rule 11: parts of template {ours[part.template]} deleted from pool {pool}; no job is at them.")


@RECONCILE.step("Networks", deadline_seconds=300)
def networks(run: Run[None]) -> None:
    for zone in Zone.objects.iterator():
        run.checkpoint()
        try:
            _compare_zone(run, zone)
        except DriverError as error:
            run.log(f"Zone {zone}: {error}", "warning")


def _compare_zone(run: Run[None], zone: Zone) -> None:
    backend = network_of(zone)
    removes = value_of(RECONCILE_REMOVES, zone)
    # The engine first and the rows after it: a row that came meanwhile can't be mistaken for missing.
    ports, found = backend.ports(), backend.networks()
    for uuid in ports - set(Port.objects.filter(uuid__in=ports).values_list("uuid", flat=True)):
        if removes:
            backend.delete_port(uuid)
        words = "deleted; nobody holds it" if removes else "held by nobody that is known"
        run.log(f"Rule 6: port {uuid} {words}.", "warning")
    _compare_networks(run, backend, found)
    _make_missing(run, zone, backend)


def _compare_networks(run: Run[None], backend: NetworkBackend, found: frozenset[UUID]) -> None:
    rows = {row.uuid: row for row in Network.objects.filter(uuid__in=found)}
    for uuid in found:
        if uuid not in rows:
            run.log(f"Rule 7: network {uuid} is not ours.")
        elif rows[uuid].removed_at is not None or rows[uuid].state == "Error":
            backend.delete_network(uuid)
            run.log(f"Rule 7: network {uuid} deleted; it was removed here.", "warning")


def _make_missing(run: Run[None], zone: Zone, backend: NetworkBackend) -> None:
    wanted = list(Network.objects.filter(zone=zone, state="Implemented", removed_at=None).select_related("zone"))
    # Asked again, since one may have been made since the first look.
    missing = {network.uuid for network in wanted} - backend.networks()
    for network in wanted:
        if network.uuid in missing:
            backend.ensure_public(public_spec(zone))
            backend.create_network(network_spec(network))
            run.log(f"Rule 8: network {network} made again; the engine had lost it.", "warning")


@RECONCILE.step("Counters")
def counters(run: Run[None]) -> None:
    for name, problem in wrong_counters():
        run.log(f"Rule 9: {name}: {problem}", "error")


def wrong_counters() -> list[tuple[str, str]]:
    """Hosts and pools whose counter is not the sum of what is placed there."""
    cpus = Coalesce(Sum("instances__offering__cpus"), 0)
    memory = Coalesce(Sum("instances__offering__memory_mib"), 0)
    hosts = Host.objects.order_by().annotate(cpu_sum=cpus, memory_sum=memory)
    wrong = hosts.exclude(cpus_used=F("cpu_sum"), memory_used_mib=F("memory_sum"))
    found = [
        (
            f"host {host}",
            f"counted {host.cpus_used} CPUs, {host.memory_used_mib} MiB; placed {host.cpu_sum}, {host.memory_sum} MiB",
        )
        for host in wrong
    ]
    pools = StoragePool.objects.order_by().annotate(size_sum=Coalesce(Sum("volumes__size_bytes"), 0))
    found += [
        (f"pool {pool}", f"{pool.allocated_bytes} bytes counted, {pool.size_sum} placed")
        for pool in pools.exclude(allocated_bytes=F("size_sum"))
    ]
    return found


every(timedelta(minutes=1), RECONCILE)

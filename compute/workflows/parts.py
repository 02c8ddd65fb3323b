"""Steps that several workflows share, as plain functions; each workflow names them in its own words."""

from __future__ import annotations

from cloudportal.core.driver_errors import Fatal, NotFound
from cloudportal.core.errors import Conflict
from cloudportal.infrastructure.models import Host
from cloudportal.jobs import services as jobs
from cloudportal.jobs.models import Job
from cloudportal.jobs.run import Run
from cloudportal.jobs.trail import Originator
from cloudportal.jobs.workflow import Wait
from compute.engines import hypervisor_of, instance_spec
from compute.hypervisors.base import PowerState
from compute.models import Instance
from compute.reservations import root_pool
from network.engines import backend_of as network_of
from network.engines import port_spec
from storage.backends.seed import nocloud_image
from storage.engines import backend_of as storage_of
from storage.models import StoragePool, TemplateCopy
from storage.workflows import COPY_TEMPLATE

POLL_SECONDS = 0.5


def host_of(run: Run[Instance]) -> Host:
    """The host that the instance holds room on."""
    host = run.resource.host
    if host is None:
        raise Fatal("The instance holds no host.")
    return host


def pool_of(run: Run[Instance]) -> StoragePool:
    pool = root_pool(run.resource)
    if pool is None:
        raise Fatal("The instance has no root disk.")
    return pool


def bring_template(run: Run[Instance]) -> Wait | None:
    """Have the template in the pool, copying it if this is the first instance there; neighbours wait for one copy."""
    pool = pool_of(run)
    copy, _ = TemplateCopy.objects.get_or_create(template=run.resource.template, pool=pool)
    if copy.state == "Ready":
        return None
    if copy.state == "Copying":
        return _copying(jobs.active_job_of(copy))
    if failed := Job.objects.filter(parent=run.job, kind=COPY_TEMPLATE.kind, state="failed").first():
        raise Fatal(f"The template could not be copied: {failed.error}")
    try:
        jobs.start(Originator(run.job), COPY_TEMPLATE, copy, parent=run.job)
    except Conflict:
        run.log("The template is being copied already; waiting for it.")
    return _copying(None)


def _copying(job: Job | None) -> Wait:
    so_far = f": {job.message}" if job and job.message else ""
    return Wait(POLL_SECONDS, f"Copying the template to primary storage{so_far}")


def connect_cards(run: Run[Instance]) -> Wait | None:
    """Create the ports on the network engine, once the networks are there."""
    instance = run.resource
    backend = network_of(instance.zone)
    for nic in instance.nics.select_related("network", "port"):
        if nic.network.state in {"Allocated", "Implementing"}:
            return Wait(POLL_SECONDS, f"Waiting for network {nic.network}")
        if nic.port is None or nic.network.state != "Implemented":
            raise Fatal(f"Network {nic.network} is not usable.")
        run.checkpoint()
        backend.create_port(port_spec(nic.port, nic.network))
    return None


def disconnect_cards(run: Run[Instance]) -> None:
    backend = network_of(run.resource.zone)
    for nic in run.resource.nics.select_related("port").exclude(port=None):
        if nic.port is not None:
            backend.delete_port(nic.port.uuid)


def write_seed(run: Run[Instance]) -> None:
    """Store the NoCloud image that the guest reads its name, keys and user data from, and remember where it is."""
    instance = run.resource
    keys = tuple(instance.ssh_keys.order_by("id").values_list("public_key", flat=True))
    image = nocloud_image(str(instance.uuid), instance.name, instance.user_data, keys)
    run.record(source=storage_of(pool_of(run)).put_seed(instance.uuid, image))


def define(run: Run[Instance], seed_source: str) -> None:
    """Make the instance known to its host."""
    hypervisor_of(host_of(run)).define_instance(instance_spec(run.resource, storage_of(pool_of(run)), seed_source))


def remove_definition(run: Run[Instance]) -> None:
    """Power off and forget the instance on every host that may know it."""
    instance = run.resource
    for host in {instance.host, instance.last_host} - {None}:
        if host is not None:
            hypervisor_of(host).remove_instance(instance.uuid)


def power_on(run: Run[Instance]) -> None:
    hypervisor_of(host_of(run)).start_instance(run.resource.uuid)


def power_off(run: Run[Instance]) -> None:
    hypervisor_of(host_of(run)).stop_instance(run.resource.uuid)


def is_off(run: Run[Instance]) -> bool:
    """Whether the instance has ended, as its host sees it."""
    try:
        state = hypervisor_of(host_of(run)).power_state(run.resource.uuid)
    except NotFound:
        return True
    return state in {PowerState.STOPPED, PowerState.CRASHED, PowerState.MISSING}


def set_power_state(instance: Instance, state: str) -> None:
    Instance.objects.filter(pk=instance.pk).update(power_state=state)

"""Instances: deploy, start, stop, reboot, destroy, recover, expunge."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from django.db import transaction

from cloudportal.core import events
from cloudportal.core.errors import InvalidInput
from cloudportal.core.writing import insert
from cloudportal.infrastructure.models import Zone
from cloudportal.infrastructure.states import AllocationState
from cloudportal.jobs import services as jobs
from cloudportal.jobs.models import Job
from compute.models import Instance, ServiceOffering, SSHKey
from compute.reservations import reserve_everything, reserve_host_again
from compute.services.choices import Foreign, check_shares, foreign_of, hold_keys, hold_shares
from compute.services.user_data import problem_of as user_data_problem
from compute.states import INSTANCE
from compute.workflows import (
    DEPLOY_INSTANCE,
    DESTROY_INSTANCE,
    EXPUNGE_INSTANCE,
    REBOOT_INSTANCE,
    START_INSTANCE,
    STOP_INSTANCE,
)
from network.models import Network
from storage.locks import hold_template
from storage.models import Template
from tenants.actor import Actor
from tenants.models import Account
from tenants.tagging import checked_tags

HOST_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
MOST_NETWORKS = 8


def deploy_instance(
    actor: Actor, *, account: Account, zone: Zone, name: str, offering: ServiceOffering, template: Template,
    networks: Sequence[Network], ssh_keys: Sequence[SSHKey] = (), user_data: str = "",
    tags: Mapping[str, str] | None = None,
) -> Job:  # fmt: skip
    """Reserve room and addresses for an instance and start making it. The first network is its default one.

    Raises:
        NotFound, PermissionDenied: the actor may not manage the account's instances.
        InvalidInput: a field is wrong, or what it names is neither the account's nor shared with it; all at once.
        LimitExceeded: the account, or a domain above it, may not have that much.
        CapacityExhausted: with the number of hosts that each filter left.
        Conflict: a network is being deleted.
        OwnerInactive: something is shared by an account that is disabled or being removed.
    """
    actor.require("compute.manage", account)
    instance = Instance(
        account=account,
        zone=zone,
        name=name.strip(),
        offering=offering,
        template=template,
        user_data=user_data,
        tags=checked_tags(tags or {}),
    )
    foreign = foreign_of(actor, instance, networks, ssh_keys)
    _check(instance, networks, foreign)
    with transaction.atomic():
        if not hold_template(template):
            raise InvalidInput({"template": f"Template {template} is not Ready any more."})
        insert(instance)
        if ssh_keys:
            hold_keys(ssh_keys)
            instance.ssh_keys.set(ssh_keys)
        job = jobs.start(actor, DEPLOY_INSTANCE, instance)
        # Last, since everybody who deploys wants the same rows: the shorter they are held, the more can.
        reserve_everything(actor, instance, networks)
        hold_shares(instance, foreign)
    return job


def start_instance(actor: Actor, *, instance: Instance) -> Job:
    """Start a stopped instance on a host of its cluster.

    Raises:
        NotFound, PermissionDenied: the actor may not manage the account's instances.
        Conflict: its state does not allow it, or a job is changing it.
        CapacityExhausted: no host of its cluster fits.
    """
    actor.require("compute.manage", instance.account)
    with transaction.atomic():
        job = jobs.start(actor, START_INSTANCE, instance)
        reserve_host_again(instance)
    return job


def stop_instance(actor: Actor, *, instance: Instance, force: bool = False) -> Job:
    """Ask the guest to shut down, and cut its power when it does not, or at once with `force`.

    Raises:
        NotFound, PermissionDenied: the actor may not manage the account's instances.
        Conflict: its state does not allow it, or a job is changing it.
    """
    actor.require("compute.manage", instance.account, even_locked=True)
    return jobs.start(actor, STOP_INSTANCE, instance, force=force)


def reboot_instance(actor: Actor, *, instance: Instance) -> Job:
    """Reset a running instance; the refusals of `stop_instance`."""
    actor.require("compute.manage", instance.account)
    return jobs.start(actor, REBOOT_INSTANCE, instance)


def destroy_instance(actor: Actor, *, instance: Instance) -> Job:
    """Put an instance into the recycle bin; the refusals of `stop_instance`."""
    actor.require("compute.manage", instance.account, even_locked=True)
    return jobs.start(actor, DESTROY_INSTANCE, instance)


def expunge_instance(actor: Actor, *, instance: Instance) -> Job:
    """Remove an instance with its disks and addresses for good; the refusals of `stop_instance`."""
    actor.require("compute.manage", instance.account, even_locked=True)
    return jobs.start(actor, EXPUNGE_INSTANCE, instance)


def recover_instance(actor: Actor, *, instance: Instance) -> Instance:
    """Take an instance out of the recycle bin; it is stopped then.

    Raises:
        NotFound, PermissionDenied: the actor may not manage the account's instances.
        Conflict: it is not in the bin, or is being expunged already.
    """
    actor.require("compute.manage", instance.account)
    with transaction.atomic():
        INSTANCE.recover.begin(instance)
        INSTANCE.recover.settle(instance, succeeded=True)
        Instance.objects.filter(pk=instance.pk).update(destroyed_at=None)
        events.record(actor, "compute.recover_instance", f"Instance {instance} recovered.", resource=instance)
        jobs.announce_resource(instance)
    instance.refresh_from_db()
    return instance


def _check(instance: Instance, networks: Sequence[Network], foreign: Foreign) -> None:
    """Everything about the input that needs no lock, so that all messages come at once."""
    errors: dict[str, str] = {}
    if not HOST_NAME.fullmatch(instance.name):
        errors["name"] = (
            "It becomes the host name: 1 to 63 lower-case letters, digits and hyphens, none of them at an end."
        )
    if problem := user_data_problem(instance.user_data):
        errors["user_data"] = problem
    errors |= _check_choices(instance)
    errors |= _check_networks(instance, networks)
    errors |= check_shares(instance, foreign)
    if errors:
        raise InvalidInput(errors)


def _check_choices(instance: Instance) -> dict[str, str]:
    errors: dict[str, str] = {}
    if instance.zone.allocation_state != AllocationState.ENABLED:
        errors["zone"] = f"Zone {instance.zone} is disabled."
    if not instance.offering.is_active:
        errors["offering"] = f"Offering {instance.offering} is no longer offered."
    if instance.template.state != "Ready":
        errors["template"] = f"Template {instance.template} is {instance.template.state}, not Ready."
    elif instance.template.store.zone_id != instance.zone_id:
        errors["template"] = f"Template {instance.template} is not in zone {instance.zone}."
    return errors


def _check_networks(instance: Instance, networks: Sequence[Network]) -> dict[str, str]:
    if not networks:
        return {"networks": "Choose at least one network."}
    if len(networks) > MOST_NETWORKS:
        return {"networks": f"An instance can be on {MOST_NETWORKS} networks at most."}
    if len({network.pk for network in networks}) != len(networks):
        return {"networks": "Each network can be chosen once."}
    for network in networks:
        if network.zone_id != instance.zone_id:
            return {"networks": f"Network {network} is not in zone {instance.zone}."}
        if network.state not in {"Implementing", "Implemented"}:
            return {"networks": f"Network {network} is {network.state}."}
    return {}

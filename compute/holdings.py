"""What accounts hold of compute."""

from __future__ import annotations

from collections.abc import Collection

from django.db import transaction
from django.db.models import QuerySet

from cloudportal.core import events
from cloudportal.jobs import services as jobs
from cloudportal.jobs.models import Job
from cloudportal.jobs.trail import Originator
from compute.locks import lock_ssh_key
from compute.models import Instance, SSHKey
from compute.workflows import DESTROY_INSTANCE, EXPUNGE_INSTANCE, STOP_INSTANCE
from tenants.holdings import Holding


def instances(accounts: Collection[int]) -> QuerySet[Instance]:
    return Instance.objects.filter(account__in=accounts, removed_at=None)


def running(accounts: Collection[int]) -> QuerySet[Instance]:
    """With those that are about to run, which are waited for."""
    return instances(accounts).filter(state__in=["Starting", "Running"])


def ssh_keys(accounts: Collection[int]) -> QuerySet[SSHKey]:
    return SSHKey.objects.filter(account__in=accounts)


def remove_instance(instance: Instance, parent: Job) -> None:
    """Into the recycle bin, and at the next call out of it."""
    workflow = DESTROY_INSTANCE if instance.state in {"Running", "Stopping"} else EXPUNGE_INSTANCE
    jobs.start(Originator(parent), workflow, instance, parent=parent)


def stop_instance(instance: Instance, parent: Job) -> None:
    jobs.start(Originator(parent), STOP_INSTANCE, instance, parent=parent)


def remove_ssh_key(key: SSHKey, parent: Job) -> None:
    with transaction.atomic():
        # Whoever gives it to an instance right now is waited for.
        lock_ssh_key(key)
        events.record(Originator(parent), "compute.delete_ssh_key", f"SSH key {key} deleted.", resource=key)
        key.delete()


Holding("instances", 10, "compute", Instance, instances, remove_instance, running, stop_instance)
Holding("SSH keys", 60, "compute", SSHKey, ssh_keys, remove_ssh_key)

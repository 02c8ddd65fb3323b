"""Reading compute."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q, QuerySet

from cloudportal.core.errors import NotFound
from compute.models import Instance, ServiceOffering, SSHKey, SSHKeyShare
from tenants.actor import Actor
from tenants.models import Account
from tenants.sharing import own_or_shared, shared_with


def instances(actor: Actor) -> QuerySet[Instance]:
    """Instances that are not expunged."""
    rows = Instance.objects.filter(actor.scope("compute.view"), removed_at=None)
    return rows.select_related("zone", "account__domain", "offering", "template", "host")


def instance(actor: Actor, uuid: UUID) -> Instance:
    """One instance.

    Raises:
        NotFound: there is none, or the actor may not see it.
    """
    row = instances(actor).filter(uuid=uuid).first()
    if row is None:
        raise NotFound
    return row


def offerings(actor: Actor) -> QuerySet[ServiceOffering]:
    rows = ServiceOffering.objects.select_related("root_disk")
    return rows if actor.is_operator else rows.filter(is_active=True)


def ssh_keys(actor: Actor) -> QuerySet[SSHKey]:
    """The actor's own, and those shared with it."""
    seen = own_or_shared(actor, "compute.view", SSHKeyShare)
    return SSHKey.objects.filter(seen).select_related("account__domain")


def ssh_keys_for(actor: Actor, account: Account) -> QuerySet[SSHKey]:
    """Those that an account's instances may be given."""
    return ssh_keys(actor).filter(Q(account=account) | shared_with(account, SSHKeyShare))

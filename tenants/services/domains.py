"""Growing the tree of domains."""

from __future__ import annotations

from django.db import transaction

from cloudportal.core import events
from cloudportal.core.errors import InvalidInput
from cloudportal.core.models.base import next_id
from cloudportal.core.writing import insert
from tenants.actor import Actor
from tenants.models import Account, Domain


def create_domain(actor: Actor, *, name: str, parent: Domain | None = None) -> Domain:
    """Add a domain; without a parent it is the root, of which there is one.

    Raises:
        NotFound, PermissionDenied: the actor does not manage the tenancy above it.
        InvalidInput: the name is empty or taken there, or there is a root already.
    """
    if parent is not None:
        actor.require("tenancy.manage", Account(domain=parent, name=""))
    else:
        actor.require_everywhere("tenancy.manage")
        _refuse_second_root()
    if not name.strip():
        raise InvalidInput({"name": "A domain needs a name."})
    with transaction.atomic():
        key = next_id(Domain)
        above = parent.path if parent else "/"
        domain = insert(Domain(pk=key, name=name, parent=parent, path=f"{above}{key}/"))
        events.record(actor, "tenants.create_domain", f"Domain {domain} created.", resource=domain)
    return domain


def _refuse_second_root() -> None:
    """Whoever has a role on a root has it everywhere."""
    if Domain.objects.filter(parent=None).exists():
        raise InvalidInput({"parent": "There is a root domain already; choose the domain to put it under."})

"""Growing the tree of domains."""

from __future__ import annotations

from django.db import transaction

from cloudportal.core import events
from cloudportal.core.errors import InvalidInput
from cloudportal.core.models.base import next_id
from cloudportal.core.writing import insert
from tenants.actor import NOWHERE, Actor
from tenants.models import Domain


def create_domain(actor: Actor, *, name: str, parent: Domain | None = None) -> Domain:
    """Add a domain; without a parent it is the root, of which there is one.

    Raises:
        PermissionDenied: the actor does not manage the tenancy above it.
        InvalidInput: the name is empty or taken there.
    """
    reach = actor.reach.get("tenancy.manage", NOWHERE)
    if parent is None or not any(parent.path.startswith(path) for path in reach.paths):
        actor.require_everywhere("tenancy.manage")
    if not name.strip():
        raise InvalidInput({"name": "A domain needs a name."})
    with transaction.atomic():
        key = next_id(Domain)
        above = parent.path if parent else "/"
        domain = insert(Domain(pk=key, name=name, parent=parent, path=f"{above}{key}/"))
        events.record(actor, "tenants.create_domain", f"Domain {domain} created.", resource=domain)
    return domain

"""Domains."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from cloudportal.doors.api.bodies import Body, Reference, accepts
from cloudportal.doors.api.fields import text
from cloudportal.doors.api.requests import Request
from cloudportal.doors.api.rows import Ref, Row, column, computed, ref
from cloudportal.doors.api.views import ResourceViewSet, asks, changes, creates, on_object, operation, starts_job
from cloudportal.doors.ordering import BY_NAME
from cloudportal.jobs.models import Job
from tenants import selectors
from tenants.api.confirmation import CONFIRM, confirmation
from tenants.filters import DomainFilterSet
from tenants.models import Domain
from tenants.services import domains
from tenants.states import DOMAIN


def _allowed(state: str, parent: int | None) -> tuple[str, ...]:
    """Nothing of the root's: it stays as it is."""
    return DOMAIN.allowed(state) if parent is not None else ()


class DomainRow(Row):
    """A branch of the organisation."""

    id: UUID = column("uuid")
    name: str = column()
    parent: Ref | None = ref(help="The domain above; null for the root.")
    state: str = column(choices=DOMAIN.states)
    allowed: list[str] = computed(_allowed, "state", "parent_id", help="What its state allows to be done with it.")
    created_at: dt.datetime = column()


class CreateDomain(Body):
    name = text(64)
    parent = Reference(selectors.domains)  # type: ignore[assignment]


class RenameDomain(Body):
    name = text(64)


class MoveDomain(Body):
    parent = Reference(selectors.domains)  # type: ignore[assignment]


class DomainViewSet(ResourceViewSet[Domain]):
    selector = selectors.domains
    filterset_class = DomainFilterSet
    sorting = BY_NAME
    row = DomainRow

    @accepts(CreateDomain)
    @creates
    def create(self, request: Request, data: dict[str, Any]) -> Domain:
        """Add a domain below another."""
        return domains.create_domain(request.actor, **data)

    @on_object
    @accepts(RenameDomain, partial=True)
    @changes
    def partial_update(self, request: Request, domain: Domain, data: dict[str, Any]) -> Domain:
        """Give a domain another name."""
        return domains.rename_domain(request.actor, domain=domain, **data)

    @operation
    @on_object
    @accepts(MoveDomain)
    @changes
    def move(self, request: Request, domain: Domain, data: dict[str, Any]) -> Domain:
        """Hang a domain, with everything below it, under another one."""
        return domains.move_domain(request.actor, domain=domain, **data)

    @operation
    @on_object
    @changes
    def suspend(self, request: Request, domain: Domain) -> Domain:
        """Keep everybody in it and below it out; what runs keeps running."""
        return domains.suspend_domain(request.actor, domain=domain)

    @operation
    @on_object
    @changes
    def activate(self, request: Request, domain: Domain) -> Domain:
        """End a suspension."""
        return domains.activate_domain(request.actor, domain=domain)

    @on_object
    @asks(CONFIRM)
    @starts_job
    def destroy(self, request: Request, domain: Domain) -> Job:
        """Delete a domain: an empty one, or with everything in it when its name is given as `confirm`."""
        return domains.delete_domain(request.actor, domain=domain, confirm=confirmation(request))

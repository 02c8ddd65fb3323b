"""Domains."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from cloudportal.doors.api.bodies import Body, Reference, accepts
from cloudportal.doors.api.fields import text
from cloudportal.doors.api.requests import Request
from cloudportal.doors.api.rows import Ref, Row, column, ref
from cloudportal.doors.api.views import ResourceViewSet, creates
from cloudportal.doors.ordering import BY_NAME
from tenants import selectors
from tenants.filters import DomainFilterSet
from tenants.models import Domain
from tenants.services import domains


class DomainRow(Row):
    """A branch of the organisation."""

    id: UUID = column("uuid")
    name: str = column()
    parent: Ref | None = ref(help="The domain above; null for the root.")
    created_at: dt.datetime = column()


class CreateDomain(Body):
    name = text(64)
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

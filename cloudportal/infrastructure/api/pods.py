"""Pods."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from cloudportal.doors.api.bodies import Body, Reference, accepts
from cloudportal.doors.api.fields import one_of, text
from cloudportal.doors.api.requests import Request
from cloudportal.doors.api.rows import Ref, Row, column, ref
from cloudportal.doors.api.views import ResourceViewSet, changes, creates, on_object
from cloudportal.doors.ordering import BY_NAME
from cloudportal.infrastructure import selectors
from cloudportal.infrastructure.filters import PodFilterSet
from cloudportal.infrastructure.models import Pod
from cloudportal.infrastructure.services import zones
from cloudportal.infrastructure.states import AllocationState


class PodRow(Row):
    """A rack of a zone."""

    id: UUID = column("uuid")
    name: str = column()
    zone: Ref = ref()
    allocation_state: str = column(choices=AllocationState.values)
    created_at: dt.datetime = column()


class UpdatePod(Body):
    name = text(64, required=False)
    allocation_state = one_of(AllocationState.choices)


class CreatePod(UpdatePod):
    name = text(64)
    zone = Reference(selectors.zones)


class PodViewSet(ResourceViewSet[Pod]):
    selector = selectors.pods
    filterset_class = PodFilterSet
    sorting = BY_NAME
    row = PodRow

    @accepts(CreatePod)
    @creates
    def create(self, request: Request, data: dict[str, Any]) -> Pod:
        """Add a pod to a zone."""
        return zones.create_pod(request.actor, **data)

    @on_object
    @accepts(UpdatePod, partial=True)
    @changes
    def partial_update(self, request: Request, pod: Pod, data: dict[str, Any]) -> Pod:
        """Change a pod."""
        return zones.update_pod(request.actor, pod=pod, **data)

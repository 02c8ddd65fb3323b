"""Volumes. They come with instances for now, and are shown."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from cloudportal.doors.api.rows import Ref, Row, allowed, column, ref
from cloudportal.doors.api.tagging import TaggedViewSet
from cloudportal.doors.ordering import Sorting
from storage import selectors
from storage.filters import VolumeFilterSet
from storage.models import Volume
from storage.states import VOLUME


class VolumeRow(Row):
    """A virtual disk."""

    id: UUID = column("uuid")
    name: str = column()
    state: str = column(choices=VOLUME.states)
    kind: str = column(choices=Volume.Kind.values)
    account: Ref = ref()
    zone: Ref = ref()
    offering: Ref = ref()
    template: Ref | None = ref(help="What it was cloned from.")
    size_bytes: int = column()
    pool: Ref | None = ref(operators=True)
    tags: dict[str, str] = column(help="Key and value, as people wrote them.")
    created_at: dt.datetime = column()
    allowed: list[str] = allowed(VOLUME, "storage.manage")


class VolumeViewSet(TaggedViewSet[Volume]):
    selector = selectors.volumes
    filterset_class = VolumeFilterSet
    sorting = Sorting("-created_at", created_at="pk", name="name", size_bytes="size_bytes")
    row = VolumeRow

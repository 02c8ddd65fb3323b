"""Finding one object by its id."""

from __future__ import annotations

from typing import TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet

from cloudportal.core.errors import NotFound

M = TypeVar("M", bound=Model)


def one(queryset: QuerySet[M], uuid: UUID | str) -> M:
    """The object with an id among what a selector gave.

    Raises:
        NotFound: it is not there; the same words whether it exists for others or not at all.
    """
    found = queryset.filter(uuid=uuid).first() if _is_uuid(uuid) else None
    if found is None:
        raise NotFound
    return found


def _is_uuid(value: UUID | str) -> bool:
    try:
        UUID(str(value))
    except ValueError:
        return False
    return True

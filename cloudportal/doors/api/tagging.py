"""Tags, which all that tenants own has."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db.models import Model
from rest_framework import serializers

from cloudportal.doors.api.bodies import Body, accepts
from cloudportal.doors.api.fields import texts
from cloudportal.doors.api.requests import Request
from cloudportal.doors.api.views import ResourceViewSet, changes, on_object, operation
from tenants.models.tags import LONGEST_KEY, MOST_TAGS
from tenants.services.tags import change_tags

M = TypeVar("M", bound=Model)


def tags_field(help: str = "Key and value.") -> Any:
    """Tags in a body. How many and how long they may be is for the service to say."""
    return serializers.DictField(
        child=serializers.CharField(allow_blank=True, trim_whitespace=False), required=False, help_text=help
    )


class ChangeTags(Body):
    set = tags_field("Written; other tags stay.")
    remove = texts(LONGEST_KEY, longest=MOST_TAGS, help="Keys that are taken away.")


class TaggedViewSet(ResourceViewSet[M]):
    """A noun with tags."""

    @operation
    @on_object
    @accepts(ChangeTags)
    @changes
    def tags(self, request: Request, thing: M, data: dict[str, Any]) -> M:
        """Write some tags and take some away; the others stay."""
        return change_tags(request.actor, thing=thing, **data)

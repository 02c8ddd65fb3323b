"""Templates."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser

from cloudportal.doors.api.bodies import Body, Owner, Reference, accepts
from cloudportal.doors.api.fields import flag, one_of, text
from cloudportal.doors.api.requests import Request
from cloudportal.doors.api.rows import Ref, Row, allowed, column, ref, shared
from cloudportal.doors.api.sharing import SharedViewSet
from cloudportal.doors.api.tagging import tags_field
from cloudportal.doors.api.views import on_object, starts_job
from cloudportal.doors.ordering import NAMED_NEWEST_FIRST
from cloudportal.infrastructure import selectors as infrastructure
from cloudportal.jobs.models import Job
from storage import selectors
from storage.filters import TemplateFilterSet
from storage.models import Template
from storage.services import templates
from storage.states import TEMPLATE


class TemplateRow(Row):
    """A disk image that instances start from."""

    id: UUID = column("uuid")
    name: str = column()
    state: str = column(choices=TEMPLATE.states)
    account: Ref = ref()
    zone: Ref = ref("store__zone")
    os_type: str = column()
    format: str = column(choices=Template.Format.values)
    checksum: str = column(help="`sha256:` and the digest of the file.")
    size_bytes: int = column(help="The size of the disk; 0 until the file is there.")
    file_bytes: int = column(help="The length of the file.")
    is_public: bool = column(help="Whether everybody may use it.")
    shared: bool = shared("storage.view", unless="is_public")
    tags: dict[str, str] = column(help="Key and value, as people wrote them.")
    created_at: dt.datetime = column()
    allowed: list[str] = allowed(TEMPLATE, "storage.manage")


class DescribeTemplate(Body):
    account = Owner("storage.view")
    zone = Reference(infrastructure.zones)
    name = text(63)
    format = one_of(Template.Format.choices)
    checksum = text(80, required=False, help="`sha256:` and 64 hexadecimal digits, to be checked.")
    os_type = text(64, required=False)
    is_public = flag("Operators only.")


class RegisterTemplate(DescribeTemplate):
    url = text(1024, help="Where the portal fetches it from.")
    tags = tags_field()


class UploadTemplate(DescribeTemplate):
    file = serializers.FileField()


class TemplateViewSet(SharedViewSet[Template]):
    selector = selectors.templates
    filterset_class = TemplateFilterSet
    sorting = NAMED_NEWEST_FIRST
    row = TemplateRow

    @accepts(RegisterTemplate)
    @starts_job
    def create(self, request: Request, data: dict[str, Any]) -> Job:
        """Fetch a template from a URL."""
        return templates.register_template(request.actor, **data)

    @action(detail=False, methods=["post"], parser_classes=[MultiPartParser])
    @accepts(UploadTemplate)
    @starts_job
    def upload(self, request: Request, data: dict[str, Any]) -> Job:
        """Send a template as a multipart form."""
        return templates.upload_template(request.actor, **data)

    @on_object
    @starts_job
    def destroy(self, request: Request, template: Template) -> Job:
        """Remove a template; instances made from it stay."""
        return templates.delete_template(request.actor, template=template)

"""How our views describe themselves in the OpenAPI document: by row, body, filters and kind of answer."""

from __future__ import annotations

from typing import Any

import django_filters
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter

from cloudportal.doors.api.row_schema import PageOf, WithJob
from cloudportal.doors.api.rows import Row, column
from cloudportal.doors.paging import DEFAULT_SIZE, LARGEST_SIZE

PROBLEM_TYPE = "application/problem+json"

_FILTER_TYPES: list[tuple[type[django_filters.Filter], Any]] = [
    (django_filters.ModelChoiceFilter, OpenApiTypes.UUID),
    (django_filters.UUIDFilter, OpenApiTypes.UUID),
    (django_filters.BooleanFilter, OpenApiTypes.BOOL),
    (django_filters.NumberFilter, OpenApiTypes.NUMBER),
    (django_filters.IsoDateTimeFilter, OpenApiTypes.DATETIME),
]


class ProblemRow(Row):
    """An error, as RFC 9457 has it. There may be more members, such as what the object's state was."""

    type: str = column(help="A name of the problem, as a URN.")
    title: str = column()
    status: int = column()
    detail: str = column(help="What is wrong, for a person.")
    code: str = column(help="What is wrong, for a script; never changes.")


class PortalSchema(AutoSchema):
    """Operations are called ``<noun>_<action>``."""

    view: Any

    def get_operation_id(self) -> str:
        parts = [part for part in self.path.removeprefix("/api/v1/").split("/") if part and "{" not in part]
        noun = parts[0].replace("-", "_")
        return f"{noun}_{getattr(self.view, 'action', self.method.lower())}".rstrip("_")

    def get_description(self) -> str:  # type: ignore[override]
        return (self._handler().__doc__ or "").split("\n\n    Raises")[0].strip()

    def get_request_serializer(self) -> Any:
        return getattr(self._handler(), "body", None) if self.method in ("POST", "PATCH") else None

    def get_response_serializers(self) -> Any:
        return {**self._success(), ("4XX", PROBLEM_TYPE): ProblemRow}

    def get_override_parameters(self) -> list[Any]:
        more = list(getattr(self._handler(), "parameters", ()))
        if getattr(self.view, "action", "") != "list" or not hasattr(self.view, "sorting"):
            return more
        return [*more, *_paging(self.view.sorting), *_filters(self.view.filterset_class)]

    def _is_list_view(self, serializer: Any = None) -> bool:
        # Pages describe themselves; the generator must not wrap them again.
        return False

    def _handler(self) -> Any:
        return getattr(self.view, getattr(self.view, "action", None) or self.method.lower())

    def _success(self) -> dict[Any, Any]:
        handler = self._handler()
        if answer := getattr(handler, "answer", None):
            return dict(answer)
        if self.view.action == "list":
            return {200: PageOf.of(self.view.row)}
        kind = getattr(handler, "answers", "changed")
        row = self.view.detail_row
        return {
            "job": {202: WithJob.of(row)},
            "created": {201: row},
            "changed": {200: row},
            "nothing": {204: None},
        }[kind]


def _paging(sorting: Any) -> list[OpenApiParameter]:
    size = {"type": "integer", "minimum": 1, "maximum": LARGEST_SIZE, "default": DEFAULT_SIZE}
    return [
        OpenApiParameter("limit", size, description="Rows a page."),
        OpenApiParameter("cursor", str, description="Where the page begins: taken from `next` or `previous`."),
        OpenApiParameter(
            "sort", {"type": "string", "enum": sorting.choices, "default": sorting.default}, description="The order."
        ),
    ]


def _filters(filterset: Any) -> list[OpenApiParameter]:
    if filterset is None:
        return []
    return [_filter(name, field) for name, field in filterset.base_filters.items()]


def _filter(name: str, field: django_filters.Filter) -> OpenApiParameter:
    choices = [value for value, _ in field.extra.get("choices", ())]
    kind = next((kind for cls, kind in _FILTER_TYPES if isinstance(field, cls)), str)
    many = isinstance(field, django_filters.MultipleChoiceFilter)
    return OpenApiParameter(name, kind, description=str(field.label or ""), enum=choices or None, many=many)

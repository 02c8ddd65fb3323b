"""How our views describe themselves in the OpenAPI document: by row, body, filters and kind of answer."""

from __future__ import annotations

from typing import Any

import django_filters
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter

from cloudportal.doors.api.bulk import bulk_actions
from cloudportal.doors.api.deprecation import deprecation_of
from cloudportal.doors.api.problem_row import ProblemRow
from cloudportal.doors.api.row_schema import AfterJob, BulkOf, BulkResults, PageOf, WithJob
from cloudportal.doors.filtering import ManyIds, TagFilter
from cloudportal.doors.paging import DEFAULT_SIZE, LARGEST_SIZE

PROBLEM_TYPE = "application/problem+json"

_FILTER_TYPES: list[tuple[type[django_filters.Filter], Any]] = [
    (django_filters.ModelChoiceFilter, OpenApiTypes.UUID),
    (django_filters.UUIDFilter, OpenApiTypes.UUID),
    (ManyIds, OpenApiTypes.UUID),
    (TagFilter, OpenApiTypes.STR),
    (django_filters.BooleanFilter, OpenApiTypes.BOOL),
    (django_filters.NumberFilter, OpenApiTypes.NUMBER),
    (django_filters.IsoDateTimeFilter, OpenApiTypes.DATETIME),
]


def _field(name: str, words: str, schema: Any = str) -> OpenApiParameter:
    return OpenApiParameter(name, schema, OpenApiParameter.HEADER, description=words)


FIELDS = OpenApiParameter("fields", str, description="Show these fields alone; with commas between.")
IDEMPOTENCY_KEY = _field(
    "Idempotency-Key", "A name for this request: sent again within a day, it is answered again and not done again."
)
IF_MATCH = _field("If-Match", "The `ETag` that was read: 412 when the object has changed since.")
IF_NONE_MATCH = _field("If-None-Match", "An `ETag` that is known: 304 when the object still is that.")
PREFER = _field("Prefer", "`wait=N` answers when the job is over, after N seconds at most (no more than 60).")


class PortalSchema(AutoSchema):
    """Operations are called ``<noun>_<action>``."""

    view: Any

    def get_operation_id(self) -> str:
        parts = [part for part in self.path.removeprefix("/api/v1/").split("/") if part and "{" not in part]
        noun = parts[0].replace("-", "_")
        return f"{noun}_{getattr(self.view, 'action', self.method.lower())}".rstrip("_")

    def get_summary(self) -> str:
        return self._words().partition("\n")[0].removesuffix(".").partition(". ")[0]

    def get_description(self) -> str:  # type: ignore[override]
        return self._words()

    def is_deprecated(self) -> bool:
        return deprecation_of(self.view, self._handler()) is not None

    def get_request_serializer(self) -> Any:
        if self._is_bulk():
            view = type(self.view)
            bodies = {name: getattr(getattr(view, method), "body", None) for name, method in bulk_actions(view).items()}
            return BulkOf.to(view.row, bodies)
        return getattr(self._handler(), "body", None) if self.method in ("POST", "PATCH") else None

    def get_response_serializers(self) -> Any:
        return {**self._success(), ("4XX", PROBLEM_TYPE): ProblemRow}

    def get_override_parameters(self) -> list[Any]:
        found = [*getattr(self._handler(), "parameters", ()), *self._conditions()]
        if not hasattr(self.view, "sorting"):
            return found
        if self.method == "GET":
            found.append(FIELDS)
        if getattr(self.view, "action", "") != "list":
            return found
        return [*found, *of_list(self.view.sorting, self.view.filterset_class)]

    def _conditions(self) -> list[OpenApiParameter]:
        """The header fields that the base of all views understands."""
        on_object = "{uuid}" in self.path
        found = [IDEMPOTENCY_KEY] if self.method == "POST" else []
        if on_object:
            found.append(IF_NONE_MATCH if self.method == "GET" else IF_MATCH)
        return [*found, PREFER] if getattr(self._handler(), "answers", "") == "job" else found

    def _is_bulk(self) -> bool:
        return getattr(self.view, "action", "") == "bulk"

    def _words(self) -> str:
        lines = (self._handler().__doc__ or "").split("\n\n    Raises")[0].strip().splitlines()
        return "\n".join(line.strip() for line in lines)

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
        if self._is_bulk():
            return {200: BulkResults}
        kind = getattr(handler, "answers", "changed")
        row = self.view.detail_row
        return {
            "job": {202: WithJob.of(row), (201 if self.view.action == "create" else 200): AfterJob.of(row)},
            "created": {201: row},
            "changed": {200: row, 304: None} if self.method == "GET" else {200: row},
            "nothing": {204: None},
        }[kind]


def of_list(sorting: Any, filterset: Any) -> list[OpenApiParameter]:
    """What the query of a list may hold."""
    return [*_paging(sorting), *_filters(filterset)]


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
    many = isinstance(field, django_filters.MultipleChoiceFilter | ManyIds)
    return OpenApiParameter(name, kind, description=str(field.label or ""), enum=choices or None, many=many)

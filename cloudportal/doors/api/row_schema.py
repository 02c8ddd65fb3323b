"""Rows, references and keys in the words of OpenAPI."""

from __future__ import annotations

import functools
from decimal import Decimal
from types import UnionType
from typing import Any, ClassVar, Union, get_args, get_origin, get_type_hints

from drf_spectacular.extensions import (
    OpenApiAuthenticationExtension,
    OpenApiSerializerExtension,
    OpenApiSerializerFieldExtension,
)
from drf_spectacular.plumbing import (
    ResolvedComponent,
    build_array_type,
    build_basic_type,
    build_object_type,
    resolve_type_hint,
)
from drf_spectacular.types import OpenApiTypes

from cloudportal.doors.api.bulk import MOST
from cloudportal.doors.api.problem_row import ProblemRow
from cloudportal.doors.api.rows import Column, Row
from cloudportal.jobs.models.job import ENDED

DECIMAL = {"type": "string", "format": "decimal"}


class Described:
    """Something made of a row: `of` gives one class a row, so that the document names it once."""

    row: ClassVar[type[Row]]

    @classmethod
    @functools.cache
    def of(cls, row: Any) -> type[Described]:
        return type(f"{cls.__name__}{row.__name__}", (cls,), {"row": row, "__doc__": None})


class PageOf(Described):
    """What a list answers."""


class WithJob(Described):
    """A resource, and the job that is changing it."""


class AfterJob(Described):
    """A resource as its job left it, or the job alone where the resource is gone."""


class BulkOf(Described):
    """What is to be done to many objects: `actions` by name, each with the body of its operation."""

    actions: ClassVar[dict[str, Any]]

    @classmethod
    def to(cls, row: Any, actions: dict[str, Any]) -> type[Described]:
        made: Any = cls.of(row)
        made.actions = actions
        found: type[Described] = made
        return found


class BulkResults:
    """What became of each object."""


class RowExtension(OpenApiSerializerExtension):
    target_class = Row
    match_subclasses = True

    def get_name(self, *_args: Any) -> str:
        return name_of(self.target)

    def map_serializer(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        row = _class(self.target)
        return build_object_type(
            properties=_properties(row, auto_schema.registry),
            required=[name for name, column in row.columns.items() if not (column.operators or column.optional)],
            description=(row.__doc__ or "").strip(),
        )


class PageExtension(OpenApiSerializerExtension):
    target_class = PageOf
    match_subclasses = True

    def get_name(self, *_args: Any) -> str:
        return f"{name_of(self.target.row)}Page"

    def map_serializer(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        link = {"type": "string", "nullable": True, "description": "The address of that page; null at the end."}
        item = auto_schema.resolve_serializer(self.target.row, direction).ref
        properties = {"results": build_array_type(item), "next": link, "previous": link}
        return build_object_type(properties=properties, required=list(properties))


class WithJobExtension(OpenApiSerializerExtension):
    target_class = WithJob
    match_subclasses = True

    def get_name(self, *_args: Any) -> str:
        return f"{name_of(self.target.row)}WithJob"

    def map_serializer(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        item = auto_schema.resolve_serializer(self.target.row, direction).ref
        job = _job(auto_schema.registry)
        return {"allOf": [item, build_object_type(properties={"job": job}, required=["job"])]}


class AfterJobExtension(OpenApiSerializerExtension):
    target_class = AfterJob
    match_subclasses = True

    def get_name(self, *_args: Any) -> str:
        return f"{name_of(self.target.row)}AfterJob"

    def map_serializer(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        both = auto_schema.resolve_serializer(WithJob.of(self.target.row), direction).ref
        job = _job(auto_schema.registry)
        return {"anyOf": [both, build_object_type(properties={"job": job}, required=["job"])]}


class BulkExtension(OpenApiSerializerExtension):
    target_class = BulkOf
    match_subclasses = True

    def get_name(self, *_args: Any) -> str:
        return f"{name_of(self.target.row)}Bulk"

    def map_serializer(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        properties: dict[str, Any] = {
            "action": _enumeration(f"{self.get_name()}Action", list(self.target.actions), auto_schema.registry),
            "ids": {
                **build_array_type(build_basic_type(OpenApiTypes.UUID) or {}),
                "minItems": 1,
                "maxItems": MOST,
                "uniqueItems": True,
            },
        }
        for body in filter(None, self.target.actions.values()):
            properties |= auto_schema._map_serializer(body, direction).get("properties", {})
        return build_object_type(properties=properties, required=["action", "ids"])


class BulkResultsExtension(OpenApiSerializerExtension):
    target_class = BulkResults

    def get_name(self, *_args: Any) -> str:
        return "BulkResults"

    def map_serializer(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        problem = auto_schema.resolve_serializer(ProblemRow, direction).ref
        one = {
            "id": build_basic_type(OpenApiTypes.UUID),
            "status": {"type": "integer", "description": "What the operation alone would have answered."},
            "job": {"allOf": [_job(auto_schema.registry)], "description": "Where one was started."},
            "problem": {"allOf": [problem], "description": "Where it was refused."},
        }
        result = build_object_type(properties=one, required=["id", "status"])
        return build_object_type(properties={"results": build_array_type(result)}, required=["results"])


def _job(registry: Any) -> dict[str, Any]:
    """The job that an answer names, as a component of its own."""
    code = {"code": {"type": "string"}, "message": {"type": "string"}}
    error = build_object_type(properties=code, required=list(code))
    ended = _enumeration("EndedJobState", list(ENDED), registry)
    properties = {
        "id": build_basic_type(OpenApiTypes.UUID),
        "url": build_basic_type(OpenApiTypes.STR),
        "state": {"allOf": [ended], "description": "Where its end was waited for."},
        "error": {"anyOf": [error, {"type": "null"}], "description": "Why it failed; null when it did not."},
    }
    component = ResolvedComponent(
        name="StartedJob", type=ResolvedComponent.SCHEMA, object="StartedJob",
        schema=build_object_type(properties=properties, required=["id", "url"]),
    )  # fmt: skip
    if component not in registry:
        registry.register(component)
    found: dict[str, Any] = component.ref
    return found


class ReferenceExtension(OpenApiSerializerFieldExtension):
    target_class = "cloudportal.doors.api.bodies.Reference"
    match_subclasses = True

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> Any:
        one = build_basic_type(OpenApiTypes.UUID) or {}
        return build_array_type(one) if type(self.target).__name__ == "References" else one


class KeyExtension(OpenApiAuthenticationExtension):
    target_class = "cloudportal.doors.api.authentication.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "An API key: `Authorization: Bearer cpk_…`."}


class SessionExtension(OpenApiAuthenticationExtension):
    target_class = "cloudportal.doors.api.authentication.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": "sessionid", "description": "With a CSRF token on writes."}


def name_of(row: Any) -> str:
    """``VolumeRow`` is called Volume outside."""
    return _class(row).__name__.removesuffix("Row")


def _properties(row: type[Row], registry: Any) -> dict[str, Any]:
    """The properties of a row, in its order."""
    hints = get_type_hints(row)
    return {name: _property(row, name, hints[name], column, registry) for name, column in row.columns.items()}


def _property(row: type[Row], name: str, hint: Any, column: Column, registry: Any) -> dict[str, Any]:
    text = " ".join(filter(None, [column.help, "For operators." if column.operators else ""]))
    described = {"description": text} if text else {}
    if column.choices:
        return {"allOf": [_choices(row, name, column, registry)], **described}
    return {**_type(hint), **described}


def _choices(row: type[Row], name: str, column: Column, registry: Any) -> dict[str, Any]:
    """A component of its own, named for the row that has it first: a detail shares its list's."""
    owner = next(cls for cls in reversed(row.__mro__) if name in getattr(cls, "columns", {}))
    return _enumeration(name_of(owner) + name.title().replace("_", ""), list(column.choices), registry)


def _enumeration(name: str, values: list[str], registry: Any) -> Any:
    component = ResolvedComponent(
        name=name, type=ResolvedComponent.SCHEMA, object=name, schema={"type": "string", "enum": values}
    )
    if component not in registry:
        registry.register(component)
    return component.ref


def _type(hint: Any) -> Any:
    if hint is Decimal:
        return DECIMAL
    if get_origin(hint) in (Union, UnionType) and Decimal in get_args(hint):
        return {**DECIMAL, "nullable": True}
    return resolve_type_hint(hint)


def _class(target: Any) -> type[Row]:
    return target if isinstance(target, type) else type(target)

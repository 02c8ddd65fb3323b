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

from cloudportal.doors.api.rows import Column, Row

DECIMAL = {"type": "string", "format": "decimal"}


class Described:
    """Something made of a row: `of` gives one class a row, so that the document names it once."""

    row: ClassVar[type[Row]]

    @classmethod
    @functools.cache
    def of(cls, row: type[Row]) -> type[Described]:
        return type(f"{cls.__name__}{row.__name__}", (cls,), {"row": row, "__doc__": None})


class PageOf(Described):
    """What a list answers."""


class WithJob(Described):
    """A resource, and the job that is changing it."""


class RowExtension(OpenApiSerializerExtension):
    target_class = Row
    match_subclasses = True

    def get_name(self, *_args: Any) -> str:
        return name_of(self.target)

    def map_serializer(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        row = _class(self.target)
        return build_object_type(
            properties=_properties(row, auto_schema.registry),
            required=[name for name, column in row.columns.items() if not column.operators],
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
        links = {"id": build_basic_type(OpenApiTypes.UUID), "url": build_basic_type(OpenApiTypes.STR)}
        job = build_object_type(properties=links, required=list(links))
        item = auto_schema.resolve_serializer(self.target.row, direction).ref
        return {"allOf": [item, build_object_type(properties={"job": job}, required=["job"])]}


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
    component = ResolvedComponent(
        name=name_of(owner) + name.title().replace("_", ""),
        type=ResolvedComponent.SCHEMA,
        object=f"{owner.__name__}.{name}",
        schema={"type": "string", "enum": list(column.choices)},
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

"""Settings, for the whole cloud and for places in it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypedDict
from uuid import UUID

from django.db.models import Model
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.response import Response

from cloudportal.core.configuration import Setting
from cloudportal.core.errors import InvalidInput
from cloudportal.doors.api.bodies import Body, Reference, accepts
from cloudportal.doors.api.requests import Request
from cloudportal.doors.api.row_schema import PageOf
from cloudportal.doors.api.rows import Row, column
from cloudportal.doors.api.views import Endpoint, answers, operation
from cloudportal.doors.lookup import one
from cloudportal.infrastructure import selectors as infrastructure
from storage import selectors as storage
from tenants import selectors as tenancy
from tenants.known_settings import Shown, known_setting, known_settings
from tenants.places import SCOPES
from tenants.services.settings import change_setting, reset_setting


class OverrideShown(TypedDict):
    scope: str
    id: UUID
    name: str
    value: Any


class SettingRow(Row):
    """Something about the portal that can be changed while it runs."""

    name: str = column()
    kind: str = column(choices=("whole", "share", "flag", "networks"))
    unit: str = column()
    help: str = column()
    scopes: list[str] = column(help="The kinds of places where it may be overridden, beside the whole cloud.")
    default: Any = column()
    least: Any = column()
    most: Any = column()
    value: Any = column(help="What holds for the place that was asked for.")
    source: str = column(help="Where that was said: a kind of place, `cloud`, or `default`.")
    changeable: bool = column(help="Whether you may change it there.")
    overrides: list[OverrideShown] = column()


class Place(Body):
    """At most one place; none is the whole cloud."""

    account = Reference(tenancy.accounts, required=False)
    domain = Reference(tenancy.domains, required=False)
    zone = Reference(infrastructure.zones, required=False)
    cluster = Reference(infrastructure.clusters, required=False)
    pool = Reference(storage.pools, required=False)


class ChangeSetting(Place):
    value = serializers.JSONField()


PLACES = [OpenApiParameter(name, UUID, description=f"What holds for this {name}.") for name in SCOPES]


def on_setting(method: Callable[..., Response]) -> Callable[..., Response]:
    """Decorator: turns the name in the path into the setting, or 404 before anything else is looked at."""

    @functools.wraps(method)
    def wrapper(view: Any, request: Request, *, name: str) -> Response:
        return method(view, request, known_setting(request.actor, name).setting)

    return wrapper


class SettingViewSet(Endpoint):
    lookup_field = "name"

    @answers(PageOf.of(SettingRow), parameters=PLACES)
    def list(self, request: Request) -> Response:
        """Show settings with what holds for a place, or for the whole cloud."""
        rows = [_row(shown) for shown in known_settings(request.actor, _asked(request))]
        return Response({"results": rows, "next": None, "previous": None})

    @answers(SettingRow, parameters=PLACES)
    def retrieve(self, request: Request, name: str) -> Response:
        """Show one setting."""
        return Response(_row(known_setting(request.actor, name, _asked(request))))

    @answers(SettingRow)
    @on_setting
    @accepts(ChangeSetting)
    def partial_update(self, request: Request, setting: Setting[Any], data: dict[str, Any]) -> Response:
        """Set a value for a place and all below it, or for the whole cloud."""
        place = _named(data)
        change_setting(request.actor, setting=setting, value=data["value"], place=place)
        return Response(_row(known_setting(request.actor, setting.name, place)))

    @operation
    @answers(SettingRow)
    @on_setting
    @accepts(Place)
    def reset(self, request: Request, setting: Setting[Any], data: dict[str, Any]) -> Response:
        """Take back what was set for a place, so that it is again what is above."""
        place = _named(data)
        reset_setting(request.actor, setting=setting, place=place)
        return Response(_row(known_setting(request.actor, setting.name, place)))


def _named(data: dict[str, Any]) -> Model | None:
    return _only([data[scope] for scope in SCOPES if data.get(scope) is not None])


def _asked(request: Request) -> Model | None:
    """The place in the query.

    Raises:
        InvalidInput: there are several, or something else is asked for.
        NotFound: it does not exist for the actor.
    """
    asked = request.query_params
    if unknown := asked.keys() - SCOPES.keys():
        there_are = ", ".join(SCOPES)
        raise InvalidInput({name: f"There is no filter “{name}”; there are {there_are}." for name in unknown})
    return _only([one(SCOPES[name].selector(request.actor), asked[name]) for name in SCOPES if name in asked])


def _only(places: list[Model]) -> Model | None:
    if len(places) > 1:
        raise InvalidInput({"": "Name one place, or none for the whole cloud."})
    return places[0] if places else None


def _row(shown: Shown) -> dict[str, Any]:
    setting = shown.setting
    return {
        "name": setting.name, "kind": setting.kind, "unit": setting.unit, "help": setting.help,
        "scopes": list(setting.scopes), "default": setting.stored(setting.default_value()),
        "least": setting.stored(setting.least), "most": setting.stored(setting.most),
        "value": shown.value, "source": shown.source, "changeable": shown.changeable,
        "overrides": [
            {"scope": each.scope, "id": each.place.uuid, "name": str(each.place), "value": each.value}
            for each in shown.overrides
        ],
    }  # fmt: skip

"""Bodies of requests: shapes and references. Rules are the services'."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from rest_framework import serializers

from cloudportal.core.errors import InvalidInput
from cloudportal.doors.api.requests import Request
from tenants.actor import Actor
from tenants.models import Account

Selector = Callable[[Actor], QuerySet[Any]]


class Body(serializers.Serializer[Any]):
    """Refuses fields that it does not know: a misspelt one must not be dropped in silence."""

    def to_internal_value(self, data: Any) -> Any:
        unknown = set(data) - set(self.fields) if isinstance(data, Mapping) else set()
        errors: dict[str, Any] = {str(name): [f"There is no field “{name}” here."] for name in sorted(unknown, key=str)}
        try:
            values = super().to_internal_value(data)
        except serializers.ValidationError as error:
            errors = {**error.detail, **errors} if isinstance(error.detail, dict) else errors
        if errors:
            raise serializers.ValidationError(errors)
        return values


class Nothing(Body):
    """The body of an operation that takes no arguments: none, or an empty object."""


class Reference(serializers.Field[Any, Any, Any, Any]):
    """An object by its id. One that the actor may not see is answered like one that does not exist."""

    default_error_messages = {"missing": "There is no such {noun}.", "form": "This must be an id."}

    def __init__(self, selector: Selector, **options: Any) -> None:
        self.selector = selector
        super().__init__(**options)

    def to_internal_value(self, data: Any) -> Any:
        found = self._rows().filter(uuid=_uuid(self, data)).first()
        if found is None:
            self.fail("missing", noun=_noun(self._rows()))
        return found

    def to_representation(self, value: Any) -> Any:
        return value

    def _rows(self) -> QuerySet[Any]:
        return self.selector(self.context["request"].actor)


class References(Reference):
    """Several objects by their ids, in the order given, with one query."""

    default_error_messages = {"list": "This must be a list of ids."}

    LONGEST = 100

    def to_internal_value(self, data: Any) -> list[Any]:
        if not isinstance(data, list) or len(data) > self.LONGEST:
            self.fail("list")
        wanted = [_uuid(self, item) for item in data]
        found = {row.uuid: row for row in self._rows().filter(uuid__in=wanted)} if wanted else {}
        if any(uuid not in found for uuid in wanted):
            self.fail("missing", noun=_noun(self._rows()))
        return [found[uuid] for uuid in wanted]


class Owner(Reference):
    """Which account the new thing is for: the actor's own where the client says nothing."""

    def __init__(self, permission: str, **options: Any) -> None:
        options = {"required": False, "help_text": "The account it is for; your own when left out.", **options}
        super().__init__(lambda actor: actor.accounts(permission), **options)

    def get_default(self) -> Account:
        return Account.objects.select_related("domain").get(pk=self.context["request"].actor.account_id)


def accepts(body: type[Body], *, partial: bool = False) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorator of a view's method: parses the body and hands the values over as the last argument.

    Raises:
        rest_framework.exceptions.ValidationError: with a message by each field that is wrong.
        InvalidInput: the body is not an object, or a change names nothing to change.
    """

    def decorate(method: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(method)
        def wrapper(view: Any, request: Request, *args: Any, **kwargs: Any) -> Any:
            return method(view, request, *args, _values(body, request, partial), **kwargs)

        wrapper.body, wrapper.partial = body, partial  # type: ignore[attr-defined]
        return wrapper

    return decorate


def _values(body: type[Body], request: Request, partial: bool) -> dict[str, Any]:
    data = request.data
    if not isinstance(data, Mapping):
        raise InvalidInput({"": "The body must be a JSON object."})
    # A form's values come as lists; our shapes want the last of each.
    data = data.dict() if hasattr(data, "dict") else data
    serializer = body(data=data, partial=partial, context={"request": request})
    serializer.is_valid(raise_exception=True)
    values = dict(serializer.validated_data)
    if partial and not values:
        raise InvalidInput({"": f"Nothing to change; there are {', '.join(serializer.fields)}."})
    return values


def as_uuid(data: Any) -> UUID | None:
    """The id that a value of a body is; None when it is none."""
    try:
        return UUID(data)
    except (ValueError, TypeError, AttributeError):
        return None


def _uuid(field: serializers.Field[Any, Any, Any, Any], data: Any) -> UUID:
    found = as_uuid(data)
    if found is None:
        field.fail("form")
    return found


def _noun(rows: QuerySet[Any]) -> str:
    return str(rows.model._meta.verbose_name)

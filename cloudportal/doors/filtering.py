"""Filters that the web lists and REST share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from cloudportal.core.lifecycle import Lifecycle
from tenants.actor import Actor
from tenants.models import Account, ShareTable
from tenants.models.tags import LONGEST_KEY, LONGEST_VALUE
from tenants.sharing import shared


class UuidsField(forms.Field):
    """Several ids, each a value of the same name."""

    widget = forms.MultipleHiddenInput
    MOST = 200

    def to_python(self, value: Any) -> list[UUID]:
        try:
            found = [UUID(text) for text in value or ()]
        except (ValueError, AttributeError):
            raise forms.ValidationError("This must be an id.") from None
        if len(found) > self.MOST:
            raise forms.ValidationError(f"At most {self.MOST} ids can be asked for at once.")
        return found


class ManyIds(django_filters.Filter):
    """Any of these objects: ``?id=…&id=…``."""

    field_class = UuidsField

    def filter(self, queryset: QuerySet[Any], value: Any) -> QuerySet[Any]:
        return queryset.filter(**{f"{self.field_name}__in": value}) if value else queryset


class TagsField(forms.Field):
    """Several tags, each a value of the same name."""

    class widget(forms.TextInput):  # noqa: N801 - the name that Django looks for
        def value_from_datadict(self, data: Any, _files: Any, name: str) -> list[str]:
            found = data.getlist(name) if hasattr(data, "getlist") else [data[name]] if name in data else []
            return [text for text in found if text]

        def format_value(self, value: Any) -> str:
            return str(value[0]) if value else ""

    MOST = 10

    def to_python(self, value: Any) -> list[str]:
        found = list(value or ())
        if len(found) > self.MOST:
            raise forms.ValidationError(f"At most {self.MOST} tags can be asked for at once.")
        if any("\x00" in text or len(text) > LONGEST_KEY + LONGEST_VALUE + 1 for text in found):
            raise forms.ValidationError("This must be a key, or key:value.")
        return found


class TagFilter(django_filters.Filter):
    """Things with all of these tags: ``?tag=key&tag=key:value``. Keys may have colons: whatever it can mean counts."""

    field_class = TagsField

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"field_name": "tags", "label": "Tag", **options})

    def filter(self, queryset: QuerySet[Any], value: Any) -> QuerySet[Any]:
        for text in value or ():
            queryset = queryset.filter(self._meant(text))
        return queryset

    def _meant(self, text: str) -> Q:
        found = Q(**{f"{self.field_name}__has_key": text})
        places = [place for place, letter in enumerate(text) if letter == ":"]
        for place in places[:MOST_COLONS]:
            found |= Q(**{f"{self.field_name}__contains": {text[:place]: text[place + 1 :]}})
        return found


MOST_COLONS = 8


class Filters(django_filters.FilterSet):
    """What every list of objects can be narrowed by."""

    id = ManyIds(field_name="uuid", label="Any of these ids")
    created_since = django_filters.IsoDateTimeFilter(
        field_name="created_at", lookup_expr="gte", label="Created at that time or later"
    )
    created_until = django_filters.IsoDateTimeFilter(
        field_name="created_at", lookup_expr="lt", label="Created before that time"
    )


class ChoiceOf(django_filters.ModelChoiceFilter):
    """Something that the actor may see, by its id. What it may not see is no valid choice, as if there were none.

    The filter set needs the request: ``InstanceFilterSet(request.GET, queryset=rows, request=request)``.
    """

    def __init__(self, selector: Callable[[Actor], QuerySet[Any]], **options: Any) -> None:
        options.setdefault("to_field_name", "uuid")
        super().__init__(queryset=lambda request: selector(request.actor), **options)


class AccountFilter(django_filters.UUIDFilter):
    """The owner, by its id. The rows are the actor's already, so a foreign id finds as little as a missing one."""

    def __init__(self, **options: Any) -> None:
        options = {"field_name": "account_id", "label": "Account", **options}
        super().__init__(**options)

    def filter(self, queryset: QuerySet[Any], value: Any) -> QuerySet[Any]:
        if not value:
            return queryset
        owners = Account.objects.filter(uuid=value).values("pk")
        return queryset.filter(**{f"{self.field_name}__in": owners})


class SharingFilter(django_filters.ChoiceFilter):
    """Whose: what the actor's accounts own, or what others share with them. The filter set needs the request."""

    OWN, SHARED = "own", "shared"

    def __init__(self, permission: str, table: ShareTable, **options: Any) -> None:
        self.permission, self.table = permission, table
        choices = [(self.OWN, _("My own")), (self.SHARED, _("Shared with me"))]
        super().__init__(**{"choices": choices, "label": _("Sharing"), **options})

    def filter(self, queryset: QuerySet[Any], value: Any) -> QuerySet[Any]:
        if value not in (self.OWN, self.SHARED):
            return queryset
        actor: Actor = self.parent.request.actor
        if value == self.OWN:
            return queryset.filter(actor.scope(self.permission))
        return queryset.filter(shared(actor, self.permission, self.table))


class Declared(Sequence[tuple[str, str]]):
    """The choices of a registry, read whenever somebody asks: apps declare theirs one after the other."""

    def __init__(self, registry: Mapping[str, Any]) -> None:
        self._registry = registry

    def __getitem__(self, place: Any) -> Any:
        return [(name, one.label) for name, one in self._registry.items()][place]

    def __len__(self) -> int:
        return len(self._registry)


def kind_of(registry: Mapping[str, Any]) -> django_filters.ChoiceFilter:
    """One of the kinds that a registry knows, each with its label."""
    return django_filters.ChoiceFilter(choices=Declared(registry), label="Kind")


def name_contains(field: str = "name", label: str = "Name") -> django_filters.CharFilter:
    """Part of the name, in any case of letters."""
    return django_filters.CharFilter(field_name=field, lookup_expr="icontains", label=label)


def state_of(lifecycle: Lifecycle) -> django_filters.MultipleChoiceFilter:
    """One state or several: ``?state=Running&state=Stopped``."""
    return django_filters.MultipleChoiceFilter(
        field_name="state", choices=[(name, name) for name in lifecycle.states], label="State", distinct=False
    )


def choice(field: str, choices: Any, label: str = "") -> django_filters.ChoiceFilter:
    """One of a model's choices."""
    return django_filters.ChoiceFilter(
        field_name=field, choices=choices, label=label or field.replace("_", " ").capitalize()
    )

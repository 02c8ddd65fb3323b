"""Settings as somebody sees them: what holds for a place, where that was said, and what was said elsewhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Model

from cloudportal.core.configuration import GLOBAL, SETTINGS, Level, Setting, levels_of
from cloudportal.core.errors import NotFound
from cloudportal.core.models import SettingValue
from tenants.actor import Actor
from tenants.places import SCOPES, scope_of
from tenants.services.settings import TENANCY, may_change


@dataclass(frozen=True, slots=True)
class Override:
    """A value that was set for one place."""

    scope: str
    place: Any
    value: Any


@dataclass(frozen=True, slots=True)
class Shown:
    """A setting for one place. `source` is the kind of place that says so, ``cloud``, or ``default``.

    It `fits` where it can be overridden for the place.
    """

    setting: Setting[Any]
    value: Any
    source: str
    fits: bool
    changeable: bool
    overrides: tuple[Override, ...]


def known_settings(actor: Actor, place: Model | None = None) -> list[Shown]:
    """All settings for operators; those that they may change somewhere for people who manage an account or a domain.

    Values of places that the actor may not see are left out.
    """
    known = [SETTINGS[name] for name in sorted(SETTINGS)]
    settings = [setting for setting in known if actor.is_operator or _concerns(actor, setting)]
    rows = SettingValue.objects.filter(name__in=[setting.name for setting in settings])
    stored: dict[str, dict[Level, Any]] = defaultdict(dict)
    for row in rows:
        stored[row.name][row.scope, row.place_id] = row.value
    places = _visible(actor, {level for values in stored.values() for level in values})
    levels = levels_of(place) if place is not None else []
    return [_shown(actor, setting, place, levels, stored[setting.name], places) for setting in settings]


def known_setting(actor: Actor, name: str, place: Model | None = None) -> Shown:
    """One of them.

    Raises:
        NotFound: there is none of that name, or it is nothing to the actor.
    """
    for shown in known_settings(actor, place):
        if shown.setting.name == name:
            return shown
    raise NotFound


def _concerns(actor: Actor, setting: Setting[Any]) -> bool:
    return setting.delegated and actor.may(TENANCY)


def _visible(actor: Actor, levels: Iterable[Level]) -> dict[Level, Any]:
    """The places of some levels that the actor may see: one query a kind of place."""
    keys: dict[str, list[int]] = defaultdict(list)
    for scope, key in levels:
        keys[scope].append(key)
    return {
        (name, place.pk): place
        for name, scope in SCOPES.items()
        if name in keys
        for place in scope.selector(actor).filter(pk__in=keys[name])
    }


def _shown(
    actor: Actor, setting: Setting[Any], place: Model | None, levels: list[Level], stored: dict[Level, Any],
    places: dict[Level, Any],
) -> Shown:  # fmt: skip
    source, value = "default", setting.stored(setting.default_value())
    for level in [*(level for level in levels if level[0] in setting.scopes), GLOBAL]:
        if level in stored:
            source, value = level[0] or "cloud", stored[level]
            break
    overrides = tuple(Override(level[0], places[level], stored[level]) for level in sorted(stored) if level in places)
    fits = place is None or scope_of(place).name in setting.scopes
    return Shown(setting, value, source, fits, fits and may_change(actor, setting, place), overrides)

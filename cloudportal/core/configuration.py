"""Settings that operators change while the portal runs: declared where they are used, read through one function.

An app declares them in its `settings.py`::

    EXPUNGE_DELAY = whole("compute.expunge_delay_seconds", 86_400, "…", unit="seconds", scopes=TENANCY)

and whoever needs one asks for the value that holds for a place: ``value_of(EXPUNGE_DELAY, instance.account)``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from ipaddress import ip_network
from typing import Any, Generic, Literal, TypeVar, cast

from django.db import models

from cloudportal.core.errors import InvalidInput
from cloudportal.core.models import SettingValue

T = TypeVar("T")

Kind = Literal["whole", "share", "flag", "networks"]
# A level of a place: the kind of place and its key. The most special one comes first.
Level = tuple[str, int]

TENANCY = ("account", "domain")
INFRASTRUCTURE = ("pool", "cluster", "zone")
GLOBAL: Level = ("", 0)

# A change is seen here at once and by other processes after so long: no request pays a query for settings.
FRESH_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Setting(Generic[T]):
    """One setting.

    Attributes:
        name: area and name, with the unit at the end: ``compute.expunge_delay_seconds``.
        default: what holds when nobody said anything; a function, where the environment says it.
        scopes: the kinds of places where it may be overridden, beside the whole cloud.
        delegated: whoever manages the tenancy of a place may override it there; otherwise operators alone.
    """

    name: str
    kind: Kind
    default: T | Callable[[], T]
    help: str
    unit: str = ""
    scopes: tuple[str, ...] = ()
    least: T | None = None
    most: T | None = None
    delegated: bool = False

    def default_value(self) -> T:
        return self.default() if callable(self.default) else self.default

    def parsed(self, given: Any) -> T:
        """The value that was meant.

        Raises:
            InvalidInput: it is of another type, or out of the range.
        """
        try:
            value = _PARSERS[self.kind](given)
        except (ValueError, TypeError, KeyError, InvalidOperation):
            raise InvalidInput({"value": f"{self.name} is {_WORDS[self.kind]}."}) from None
        low, high = cast("Any", self.least), cast("Any", self.most)
        if (low is not None and value < low) or (high is not None and value > high):
            raise InvalidInput({"value": f"{self.name} is from {low} to {high}{f' {self.unit}' if self.unit else ''}."})
        return cast("T", value)

    def stored(self, value: T) -> Any:
        """The value as JSON keeps it."""
        return str(value) if isinstance(value, Decimal) else value


SETTINGS: dict[str, Setting[Any]] = {}


def whole(
    name: str, default: int | Callable[[], int], help: str, *, unit: str = "", scopes: tuple[str, ...] = (),
    least: int = 0, most: int = 2**31 - 1, delegated: bool = False,
) -> Setting[int]:  # fmt: skip
    """Declare a whole number."""
    return _declare(Setting(name, "whole", default, help, unit, scopes, least, most, delegated))


def share(name: str, default: str, help: str, *, scopes: tuple[str, ...] = ()) -> Setting[Decimal]:
    """Declare a part of one: 0.80 for 80 per cent."""
    return _declare(Setting(name, "share", Decimal(default), help, "", scopes, Decimal(0), Decimal(1)))


def flag(
    name: str, default: bool | Callable[[], bool], help: str, *, scopes: tuple[str, ...] = (), delegated: bool = False
) -> Setting[bool]:
    """Declare a yes or no."""
    return _declare(Setting(name, "flag", default, help, "", scopes, None, None, delegated))


def networks(name: str, default: Callable[[], list[str]], help: str) -> Setting[list[str]]:
    """Declare a list of IP networks."""
    return _declare(Setting(name, "networks", default, help))


def _declare(setting: Setting[T]) -> Setting[T]:
    if setting.name in SETTINGS:
        raise ValueError(f"Two settings are called {setting.name}")
    SETTINGS[setting.name] = setting
    return setting


# Places

Levels = Callable[[Any], Iterable[Level]]
_LEVELS: dict[type[models.Model], Levels] = {}


def place_of(model: type[models.Model], levels: Levels) -> None:
    """Make rows of a model places: `levels` says what is above one, the most special first, itself included."""
    _LEVELS[model] = levels


def levels_of(place: models.Model) -> list[Level]:
    """Where values for a place may stand, the most special first."""
    return list(_LEVELS[type(place)](place))


def value_of(setting: Setting[T], *places: models.Model | None) -> T:
    """The value that holds for some places: of the first that says something, else of the whole cloud."""
    kept = _kept()
    for level in _levels(places):
        if level[0] in setting.scopes and (setting.name, *level) in kept:
            return cast("T", kept[setting.name, *level])
    return cast("T", kept.get((setting.name, *GLOBAL), setting.default_value()))


def values_of(setting: Setting[T]) -> set[T]:
    """Every value that holds somewhere, for looking once at what no place may have yet."""
    kept = _kept()
    found = {cast("T", value) for key, value in kept.items() if key[0] == setting.name}
    return found if (setting.name, *GLOBAL) in kept else found | {setting.default_value()}


def forget() -> None:
    """Read all values anew at the next question."""
    _memory.read_at = 0.0


def _levels(places: tuple[models.Model | None, ...]) -> Iterator[Level]:
    for place in places:
        if place is not None:
            yield from levels_of(place)


@dataclass(slots=True)
class _Memory:
    values: dict[tuple[str, str, int], Any] = field(default_factory=dict)
    read_at: float = 0.0


_memory = _Memory()


def _kept() -> dict[tuple[str, str, int], Any]:
    """All values that were set. A value that the code does not understand any more counts as unset."""
    now = time.monotonic()
    if not _memory.read_at or now - _memory.read_at > FRESH_SECONDS:
        rows = SettingValue.objects.values_list("name", "scope", "place_id", "value")
        _memory.values = {
            (name, scope, place): value
            for name, scope, place, stored in rows
            if name in SETTINGS and (value := _understood(SETTINGS[name], stored)) is not None
        }
        _memory.read_at = now
    return _memory.values


def _understood(setting: Setting[Any], stored: Any) -> Any:
    try:
        return setting.parsed(stored)
    except InvalidInput:
        return None


def _whole(given: Any) -> int:
    if isinstance(given, bool) or (isinstance(given, float) and not given.is_integer()):
        raise ValueError(given)
    return int(given)


def _share(given: Any) -> Decimal:
    if isinstance(given, bool) or not (value := Decimal(str(given))).is_finite():
        raise ValueError(given)
    return value


def _flag(given: Any) -> bool:
    if isinstance(given, str):
        return {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}[given.strip().lower()]
    if not isinstance(given, bool):
        raise TypeError(given)
    return given


def _networks(given: Any) -> list[str]:
    parts = given.replace(",", " ").split() if isinstance(given, str) else given
    if not isinstance(parts, list):
        raise TypeError(given)
    return [str(ip_network(part)) for part in parts]


_PARSERS: dict[str, Callable[[Any], Any]] = {"whole": _whole, "share": _share, "flag": _flag, "networks": _networks}
_WORDS = {
    "whole": "a whole number",
    "share": "a part of one, such as 0.8",
    "flag": "true or false",
    "networks": "a list of IP networks, such as 192.0.2.0/24",
}

"""Changing settings: each change is an event, and holds everywhere within seconds."""

from __future__ import annotations

from typing import Any

from django.db import models, transaction
from django.db.models.functions import Now

from cloudportal.core import configuration, events
from cloudportal.core.configuration import GLOBAL, Setting, levels_of
from cloudportal.core.errors import InvalidInput
from cloudportal.core.models import SettingValue
from tenants.actor import Actor
from tenants.models import Account, Domain
from tenants.places import scope_of

OPERATORS = "infrastructure.manage"
TENANCY = "tenancy.manage"


def change_setting(actor: Actor, *, setting: Setting[Any], value: Any, place: models.Model | None = None) -> None:
    """Set a value for a place and all below it, or for the whole cloud.

    Raises:
        PermissionDenied, NotFound: the actor may not change it there.
        InvalidInput: the value makes no sense, or the setting can't be overridden there.
    """
    _require(actor, setting, place)
    meant = setting.parsed(value)
    scope, key = _level(place)
    with transaction.atomic():
        before = _value(setting, scope, key, lock=True)
        stored = setting.stored(meant)
        SettingValue.objects.update_or_create(
            name=setting.name, scope=scope, place_id=key, defaults={"value": stored, "changed_at": Now()}
        )
        _record(actor, setting, place, before, stored)


def reset_setting(actor: Actor, *, setting: Setting[Any], place: models.Model | None = None) -> None:
    """Take back what was set for a place, so that it is again what is above. Nothing set is success.

    Raises:
        PermissionDenied, NotFound: the actor may not change it there.
        InvalidInput: the setting can't be overridden there.
    """
    _require(actor, setting, place)
    scope, key = _level(place)
    with transaction.atomic():
        before = _value(setting, scope, key, lock=True)
        if before is not None:
            SettingValue.objects.filter(name=setting.name, scope=scope, place_id=key).delete()
            _record(actor, setting, place, before, None)


def may_change(actor: Actor, setting: Setting[Any], place: models.Model | None = None) -> bool:
    """Whether the actor may set it for the place."""
    if actor.may_everywhere(OPERATORS):
        return True
    own = _own_place(setting, place)
    return own is not None and actor.may(TENANCY, own)


def _require(actor: Actor, setting: Setting[Any], place: models.Model | None) -> None:
    if place is not None and scope_of(place).name not in setting.scopes:
        there_are = ", ".join(setting.scopes) or "none but the whole cloud"
        raise InvalidInput({"place": f"{setting.name} can't be overridden there; its places are: {there_are}."})
    own = _own_place(setting, place)
    if own is not None and not actor.may_everywhere(OPERATORS):
        actor.require(TENANCY, own)
    else:
        actor.require_everywhere(OPERATORS)


def _own_place(setting: Setting[Any], place: models.Model | None) -> Account | Domain | None:
    """The account or domain whose own people may change the setting there."""
    return place if setting.delegated and isinstance(place, Account | Domain) else None


def _level(place: models.Model | None) -> tuple[str, int]:
    return levels_of(place)[0] if place is not None else GLOBAL


def _value(setting: Setting[Any], scope: str, key: int, *, lock: bool) -> Any:
    rows = SettingValue.objects.select_for_update() if lock else SettingValue.objects.all()
    return rows.filter(name=setting.name, scope=scope, place_id=key).values_list("value", flat=True).first()


def _record(actor: Actor, setting: Setting[Any], place: models.Model | None, before: Any, after: Any) -> None:
    where = f"for {scope_of(place).name} {place}" if place is not None else "for the whole cloud"
    told = "is as above again" if after is None else f"is now {after}"
    events.record(
        actor, "settings.change", f"{setting.name} {told}, {where}.", resource=place,
        account_id=place.pk if isinstance(place, Account) else None, setting=setting.name,
        before={setting.name: before}, after={setting.name: after},
    )  # fmt: skip
    # Now, for what follows in this transaction, and again when all can see it.
    configuration.forget()
    transaction.on_commit(configuration.forget)

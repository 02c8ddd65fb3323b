"""Keys for scripts: made, changed, rotated and taken away."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from cloudportal.core import events
from cloudportal.core.clock import now
from cloudportal.core.differences import facts
from cloudportal.core.errors import Conflict, InvalidInput, PermissionDenied
from cloudportal.core.writing import insert, update
from tenants.access import access_changed
from tenants.acting import refuse_secrets_of_others
from tenants.actor import Actor
from tenants.keys import new_key
from tenants.locks import locked
from tenants.might import reaches_of, refuse_mightier
from tenants.models import Account, ApiKey, Domain, Project, User
from tenants.networks import parsed_networks
from tenants.permissions import PERMISSIONS
from tenants.reach import Place
from tenants.scope import KeyScope

DEFAULT_GRACE = timedelta(hours=24)
LONGEST_GRACE = timedelta(days=30)
MOST_PLACES = 100
# What decides how mighty a key is.
_NARROWING = ("expires_at", "networks", "permissions", "account_ids", "domain_ids")


def create_api_key(
    actor: Actor, *, user: User, name: str, signs: bool = False, **narrowing: Any
) -> tuple[ApiKey, str]:  # fmt: skip
    """Make a key for a user; its text is returned once and never again.

    `narrowing` is any of `expires_at`, `networks` (CIDR), `permissions`, `accounts` and `domains`; without, the key
    may do what its user may, from anywhere, until it is deleted. `signs` keeps the secret encrypted, for protocols
    that sign with it.

    Raises:
        PermissionDenied: an operator acts for somebody; or it is for somebody else, and the actor does not manage the
            users of their account or may do less than they may: a key acts as its user. Or the actor acts with a key
            itself, and this one would be mightier.
        InvalidInput: the name is empty or taken, or a narrowing makes no sense.
    """
    refuse_secrets_of_others()
    if actor.user_id != user.pk:
        if not actor.may("users.manage", user.account):
            raise PermissionDenied("You may make keys for yourself.")
        refuse_mightier(actor, user, to="make a key for")
    text = new_key()
    row = ApiKey(user=user, name=name, key_id=text.key_id, secret_hash=text.secret_hash, signs=signs)
    row.signing_secret = text.secret if signs else ""
    with transaction.atomic():
        locked(user)
        for field, value in _checked(actor, user, {"name": name, **narrowing}).items():
            setattr(row, field, value)
        _refuse_mightier_key(actor, row)
        key = insert(row)
        events.record(
            actor, "tenants.create_api_key", f"API key {key} created.", resource=key, account_id=user.account_id
        )
    return key, str(text)


def update_api_key(actor: Actor, *, key: ApiKey, **changes: Any) -> ApiKey:
    """Change the name or the narrowing, within what the owner may do; the names of `create_api_key`.

    Raises:
        PermissionDenied: it is somebody else's; or the actor acts with a key, and this is that one's own narrowing,
            or a mightier key.
        InvalidInput: as with `create_api_key`.
    """
    with transaction.atomic():
        row = _own(actor, key, to="change")
        fields = _checked(actor, row.user, changes)
        if actor.key is not None and actor.key.key == row.pk and fields.keys() & set(_NARROWING):
            raise PermissionDenied("A key can't change what it may do itself; sign in, or use another key.")
        row = update(row, **fields)
        _refuse_mightier_key(actor, row)
        _record(actor, "update", row, "changed", fields=sorted(fields))
        access_changed(row.user)
    return row


def rotate_api_key(actor: Actor, *, key: ApiKey, grace: timedelta = DEFAULT_GRACE) -> tuple[ApiKey, str]:
    """Give a key another secret, returned once; the one before stays good for the grace period. Two are the most.

    Raises:
        PermissionDenied: it is somebody else's, or mightier than the key that the actor acts with.
        InvalidInput: the grace period is out of range.
        Conflict: the key was rotated since it was read: one of two secrets made at once would be lost.
    """
    if not timedelta() <= grace <= LONGEST_GRACE:
        raise InvalidInput({"grace_hours": f"It must be 0 to {LONGEST_GRACE // timedelta(hours=1)} hours."})
    text = new_key(key.key_id)
    with transaction.atomic():
        row = _own(actor, key, to="rotate")
        if row.secret_hash != key.secret_hash:
            raise Conflict(f"Key {row} was rotated by somebody else at the same moment; look at it again.")
        kept = (row.secret_hash, row.signing_secret, now() + grace) if grace else ("", "", None)
        row.previous_hash, row.previous_signing_secret, row.previous_until = kept
        row.secret_hash, row.signing_secret = text.secret_hash, text.secret if row.signs else ""
        row.previous_used_at = None
        secrets = ("secret_hash", "signing_secret")
        previous = ("previous_hash", "previous_signing_secret", "previous_until", "previous_used_at")
        row.save(update_fields=[*secrets, *previous])
        _record(actor, "rotate", row, "rotated", grace_hours=grace / timedelta(hours=1))
        access_changed(row.user)
    return row, str(text)


def enable_api_key(actor: Actor, *, key: ApiKey) -> ApiKey:
    """Let a key be used again; the refusals of `update_api_key`."""
    with transaction.atomic():
        row = _own(actor, key, to="enable")
        return _switch(actor, row, to=True)


def disable_api_key(actor: Actor, *, key: ApiKey) -> ApiKey:
    """Refuse a key until it is enabled; the refusals of `delete_api_key`."""
    with transaction.atomic():
        return _switch(actor, _within_reach(actor, key, to="disable"), to=False)


def delete_api_key(actor: Actor, *, key: ApiKey) -> None:
    """Make a key useless from now on.

    Raises:
        PermissionDenied: an operator acts for somebody; or it is somebody else's and the actor does not manage the
            users of their account, or it is mightier than the key that the actor acts with.
    """
    with transaction.atomic():
        row = _within_reach(actor, key, to="delete")
        _record(actor, "delete", row, "deleted", before=facts(row))
        access_changed(row.user)
        row.delete()


def signing_secret(key: ApiKey, *, previous: bool = False) -> str | None:
    """What a protocol checks signatures with; None where the key does not sign, or the previous secret is over."""
    if previous:
        return (key.previous_signing_secret or None) if key.has_previous else None
    return key.signing_secret or None


def scope_of(key: ApiKey) -> KeyScope:
    """How a key narrows its owner's rights."""
    homes = Account.objects.filter(pk__in=key.account_ids).values_list("pk", "domain__path")
    paths = Domain.objects.filter(pk__in=key.domain_ids).values_list("path", flat=True)
    projects = Project.objects.filter(owner__in=key.account_ids, removed_at=None).values_list("account", "owner")
    return KeyScope(
        key.pk, frozenset(key.permissions), key.is_narrowed_to_places, frozenset(paths), dict(homes),
        tuple(key.networks), key.expires_at, dict(projects),
    )  # fmt: skip


def _own(actor: Actor, key: ApiKey, *, to: str) -> ApiKey:
    """The key as it is now, of the actor alone: even who manages users must not come by what others may do."""
    refuse_secrets_of_others()
    row = locked(key)
    if actor.user_id != row.user_id:
        raise PermissionDenied(f"You may {to} your own keys.")
    _refuse_mightier_key(actor, row)
    return row


def _within_reach(actor: Actor, key: ApiKey, *, to: str) -> ApiKey:
    refuse_secrets_of_others()
    row = locked(key)
    if actor.user_id == row.user_id:
        _refuse_mightier_key(actor, row)
    elif not actor.may("users.manage", row.user.account):
        raise PermissionDenied(f"You may {to} your own keys.")
    return row


def _refuse_mightier_key(actor: Actor, row: ApiKey) -> None:
    """Whoever acts with a key gets no hold of one that may do more."""
    if actor.key is not None and actor.key.key != row.pk and not actor.key.holds(scope_of(row)):
        words = "That key may do more than the one that you use, is good for longer, or from more networks."
        raise PermissionDenied(words)


def _switch(actor: Actor, row: ApiKey, *, to: bool) -> ApiKey:
    if row.is_enabled != to:
        row.is_enabled = to
        row.save(update_fields=["is_enabled"])
        _record(actor, "enable" if to else "disable", row, "enabled" if to else "disabled")
        access_changed(row.user)
    return row


def _record(actor: Actor, verb: str, row: ApiKey, done: str, **details: Any) -> None:
    words = f"API key {row} {done}."
    events.record(
        actor, f"tenants.{verb}_api_key", words, resource=row, account_id=row.user.account_id, **details
    )  # fmt: skip


def _checked(actor: Actor, user: User, values: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that some values mean."""
    errors: dict[str, str] = {}
    fields: dict[str, Any] = {}
    for name, value in values.items():
        try:
            fields |= _CHECKS[name](user, value)
        except ValueError as error:
            errors[name] = str(error)
    if errors:
        raise InvalidInput(errors)
    return fields


def _name(_user: User, value: str) -> dict[str, Any]:
    if not value.strip():
        raise ValueError("A key needs a name, so that you know later what it is for.")
    return {"name": value}


def _expiry(_user: User, value: datetime | None) -> dict[str, Any]:
    if value is not None and value <= now():
        raise ValueError("That is over already.")
    return {"expires_at": value}


def _networks(_user: User, value: Iterable[str]) -> dict[str, Any]:
    return {"networks": parsed_networks(value)}


def _permissions(user: User, value: Collection[str]) -> dict[str, Any]:
    if unknown := sorted(set(value) - PERMISSIONS.keys()):
        raise ValueError(f"There is no permission “{unknown[0]}”.")
    if missing := sorted(set(value) - reaches_of(user).keys()):
        raise ValueError(f"A key only narrows what its owner may do, and “{missing[0]}” is nothing that {user} may.")
    return {"permissions": sorted(set(value))}


def _accounts(user: User, value: Sequence[Account]) -> dict[str, Any]:
    return {"account_ids": _places(user, value)}


def _domains(user: User, value: Sequence[Domain]) -> dict[str, Any]:
    return {"domain_ids": _places(user, value)}


def _places(user: User, places: Sequence[Place]) -> list[int]:
    if len(places) > MOST_PLACES:
        raise ValueError(f"At most {MOST_PLACES}.")
    return sorted({place.pk for place in places})


_CHECKS: dict[str, Callable[[User, Any], dict[str, Any]]] = {
    "name": _name, "expires_at": _expiry, "networks": _networks, "permissions": _permissions, "accounts": _accounts,
    "domains": _domains,
}  # fmt: skip

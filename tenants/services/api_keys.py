"""Keys for scripts."""

from __future__ import annotations

from datetime import timedelta
from hmac import compare_digest

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from cloudportal.core import events
from cloudportal.core.errors import InvalidInput, PermissionDenied
from cloudportal.core.writing import insert
from tenants.actor import Actor
from tenants.keys import new_key, parse_key
from tenants.models import ApiKey, User

USE_RECORDED_EVERY = timedelta(minutes=1)


def create_api_key(actor: Actor, *, user: User, name: str) -> tuple[ApiKey, str]:
    """Make a key for a user; its text is returned once and never again.

    Raises:
        PermissionDenied: it is for somebody else and the actor does not manage the tenancy of their account.
        InvalidInput: the name is empty or taken.
    """
    if actor.user_id != user.pk and not actor.may("tenancy.manage", user.account):
        raise PermissionDenied("You may make keys for yourself.")
    if not name.strip():
        raise InvalidInput({"name": "A key needs a name, so that you know later what it is for."})
    text = new_key()
    with transaction.atomic():
        key = insert(ApiKey(user=user, name=name, key_id=text.key_id, secret_hash=text.secret_hash))
        events.record(
            actor, "tenants.create_api_key", f"API key {key} created.", resource=key, account_id=user.account_id
        )
    return key, str(text)


def delete_api_key(actor: Actor, *, key: ApiKey) -> None:
    """Make a key useless from now on.

    Raises:
        PermissionDenied: it is somebody else's and the actor does not manage the tenancy of their account.
    """
    if actor.user_id != key.user_id and not actor.may("tenancy.manage", key.user.account):
        raise PermissionDenied("You may delete your own keys.")
    with transaction.atomic():
        events.record(
            actor, "tenants.delete_api_key", f"API key {key} deleted.", resource=key, account_id=key.user.account_id
        )
        key.delete()


def user_of_key(text: str) -> User | None:
    """The active user that a key acts as; None when the key is malformed, unknown, or its user is disabled."""
    parsed = parse_key(text)
    if parsed is None:
        return None
    key = ApiKey.objects.select_related("user").filter(key_id=parsed.key_id, user__is_active=True).first()
    if key is None or not compare_digest(key.secret_hash, parsed.secret_hash):
        return None
    stale = Q(last_used_at=None) | Q(last_used_at__lt=Now() - USE_RECORDED_EVERY)
    ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=Now())
    return key.user

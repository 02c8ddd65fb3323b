"""Keys for scripts."""

from __future__ import annotations

import re
from datetime import timedelta
from hmac import compare_digest
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from cloudportal.core import events
from cloudportal.core.differences import facts
from cloudportal.core.errors import InvalidInput, PermissionDenied
from cloudportal.core.writing import insert
from tenants.acting import refuse_secrets_of_others
from tenants.actor import NOWHERE, Actor, actor_of
from tenants.keys import new_key, parse_key
from tenants.models import Account, ApiKey, User

KEY_ID = re.compile(r"[0-9a-f]{12}")
USE_RECORDED_EVERY = timedelta(minutes=1)
# Every request of a script asks this, so it is one statement, written out.
_USER_OF_KEY = """
SELECT u.*, k.id AS key, k.secret_hash,
       coalesce(k.last_used_at < now() - %(pause)s, TRUE) AS key_is_stale
FROM tenants_apikey k JOIN tenants_user u ON u.id = k.user_id
WHERE k.key_id = %(key_id)s AND u.is_active
"""


def create_api_key(actor: Actor, *, user: User, name: str) -> tuple[ApiKey, str]:
    """Make a key for a user; its text is returned once and never again.

    Raises:
        PermissionDenied: an operator acts for somebody; or it is for somebody else, and the actor does not manage the
            tenancy of their account or may do less than they may: a key acts as its user.
        InvalidInput: the name is empty or taken.
    """
    refuse_secrets_of_others()
    if actor.user_id != user.pk:
        if not actor.may("tenancy.manage", user.account):
            raise PermissionDenied("You may make keys for yourself.")
        if not _may_all_of(actor, actor_of(user)):
            raise PermissionDenied(f"You can't make a key for {user}, who may do more than you.")
    if not name.strip():
        raise InvalidInput({"name": "A key needs a name, so that you know later what it is for."})
    text = new_key()
    with transaction.atomic():
        key = insert(ApiKey(user=user, name=name, key_id=text.key_id, secret_hash=text.secret_hash))
        events.record(
            actor, "tenants.create_api_key", f"API key {key} created.", resource=key, account_id=user.account_id
        )
    return key, str(text)


def _may_all_of(actor: Actor, other: Actor) -> bool:
    """Whether everything that the other may do, the actor may do there too."""
    for permission, theirs in other.reach.items():
        mine = actor.reach.get(permission, NOWHERE)
        if mine.everywhere:
            continue
        if not all(any(path.startswith(above) for above in mine.paths) for path in theirs.paths):
            return False
        owned = Account.objects.filter(pk__in=theirs.accounts).select_related("domain")
        if not all(mine.covers(account) for account in owned):
            return False
    return True


def delete_api_key(actor: Actor, *, key: ApiKey) -> None:
    """Make a key useless from now on.

    Raises:
        PermissionDenied: an operator acts for somebody; or it is somebody else's, and the actor does not manage the
            tenancy of their account.
    """
    refuse_secrets_of_others()
    if actor.user_id != key.user_id and not actor.may("tenancy.manage", key.user.account):
        raise PermissionDenied("You may delete your own keys.")
    with transaction.atomic():
        events.record(
            actor,
            "tenants.delete_api_key",
            f"API key {key} deleted.",
            resource=key,
            account_id=key.user.account_id,
            before=facts(key),
        )
        key.delete()


def user_of_key(text: str) -> User | None:
    """The active user that a key acts as; None when the key is malformed, unknown, or its user is disabled."""
    parsed = parse_key(text)
    if parsed is None or not KEY_ID.fullmatch(parsed.key_id):
        return None
    # Any: the rows carry columns of the key that the model of users does not know.
    found: list[Any] = list(User.objects.raw(_USER_OF_KEY, {"key_id": parsed.key_id, "pause": USE_RECORDED_EVERY}))
    if not found or not compare_digest(found[0].secret_hash, parsed.secret_hash):
        return None
    user: User = found[0]
    if found[0].key_is_stale:
        ApiKey.objects.filter(pk=found[0].key).update(last_used_at=Now())
    return user

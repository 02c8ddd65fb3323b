"""Keys for scripts."""

from __future__ import annotations

import re
from datetime import timedelta
from hmac import compare_digest

from django.db import DEFAULT_DB_ALIAS, transaction
from django.db.models.functions import Now

from cloudportal.core import events
from cloudportal.core.differences import facts
from cloudportal.core.errors import InvalidInput, PermissionDenied
from cloudportal.core.prepared import fetch_all
from cloudportal.core.writing import insert
from tenants.acting import refuse_secrets_of_others
from tenants.actor import Actor
from tenants.keys import new_key, parse_key
from tenants.locks import locked
from tenants.might import refuse_mightier
from tenants.models import ApiKey, User
from tenants.standing import MAY_ACT

KEY_ID = re.compile(r"[0-9a-f]{12}")
USE_RECORDED_EVERY = timedelta(minutes=1)
# Every request of a script asks this, so it is one statement, written out.
_OF_USER = [field.attname for field in User._meta.concrete_fields]
_USER_OF_KEY = f"""
SELECT k.id, k.secret_hash, coalesce(k.last_used_at < now() - %(pause)s, TRUE),
       {", ".join(f"u.{field.column}" for field in User._meta.concrete_fields)}
FROM tenants_apikey k JOIN tenants_user u ON u.id = k.user_id
JOIN tenants_account a ON a.id = u.account_id JOIN tenants_domain d ON d.id = a.domain_id
WHERE k.key_id = %(key_id)s AND {MAY_ACT}
"""  # noqa: S608 - constants and names of columns alone


def create_api_key(actor: Actor, *, user: User, name: str) -> tuple[ApiKey, str]:
    """Make a key for a user; its text is returned once and never again.

    Raises:
        PermissionDenied: an operator acts for somebody; or it is for somebody else, and the actor does not manage the
            users of their account or may do less than they may: a key acts as its user.
        InvalidInput: the name is empty or taken.
    """
    refuse_secrets_of_others()
    if actor.user_id != user.pk:
        if not actor.may("users.manage", user.account):
            raise PermissionDenied("You may make keys for yourself.")
        refuse_mightier(actor, user, to="make a key for")
    if not name.strip():
        raise InvalidInput({"name": "A key needs a name, so that you know later what it is for."})
    text = new_key()
    with transaction.atomic():
        locked(user)
        key = insert(ApiKey(user=user, name=name, key_id=text.key_id, secret_hash=text.secret_hash))
        events.record(
            actor, "tenants.create_api_key", f"API key {key} created.", resource=key, account_id=user.account_id
        )
    return key, str(text)


def delete_api_key(actor: Actor, *, key: ApiKey) -> None:
    """Make a key useless from now on.

    Raises:
        PermissionDenied: an operator acts for somebody; or it is somebody else's, and the actor does not manage the
            users of their account.
    """
    refuse_secrets_of_others()
    if actor.user_id != key.user_id and not actor.may("users.manage", key.user.account):
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
    """The active user that a key acts as; None when the key is malformed, unknown, or its user may not act."""
    parsed = parse_key(text)
    if parsed is None or not KEY_ID.fullmatch(parsed.key_id):
        return None
    found = fetch_all(_USER_OF_KEY, {"key_id": parsed.key_id, "pause": USE_RECORDED_EVERY})
    if not found:
        return None
    key, secret_hash, is_stale, *values = found[0]
    if not compare_digest(secret_hash, parsed.secret_hash):
        return None
    if is_stale:
        ApiKey.objects.filter(pk=key).update(last_used_at=Now())
    return User.from_db(DEFAULT_DB_ALIAS, _OF_USER, values)

"""Whom a key lets in. Every request of a script asks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from hmac import compare_digest

from django.db import DEFAULT_DB_ALIAS
from django.db.models.functions import Now

from cloudportal.core.prepared import fetch_all
from tenants.actor import Actor, actor_of
from tenants.keys import parse_key
from tenants.models import ApiKey, User
from tenants.scope import KeyScope, is_from
from tenants.standing import MAY_ACT

KEY_ID = re.compile(r"[0-9a-f]{12}")
USE_RECORDED_EVERY = timedelta(minutes=1)
_OF_USER = [field.attname for field in User._meta.concrete_fields]
# One statement, written out: the key that is good now with its narrowing, and its user.
_KEY = f"""
SELECT k.id, k.secret_hash, CASE WHEN k.previous_until > now() THEN k.previous_hash ELSE '' END,
       coalesce(k.last_used_at < now() - %(pause)s, TRUE), coalesce(k.previous_used_at < now() - %(pause)s, TRUE),
       k.networks, k.permissions, k.expires_at, cardinality(k.account_ids) + cardinality(k.domain_ids) > 0,
       ARRAY(SELECT i.path FROM tenants_domain i WHERE i.id = ANY (k.domain_ids)),
       ARRAY(SELECT o.id FROM tenants_account o JOIN tenants_domain h ON h.id = o.domain_id
             WHERE o.id = ANY (k.account_ids) ORDER BY o.id),
       ARRAY(SELECT h.path FROM tenants_account o JOIN tenants_domain h ON h.id = o.domain_id
             WHERE o.id = ANY (k.account_ids) ORDER BY o.id),
       ARRAY(SELECT p.account_id FROM tenants_project p
             WHERE p.owner_id = ANY (k.account_ids) AND p.removed_at IS NULL ORDER BY p.account_id),
       ARRAY(SELECT p.owner_id FROM tenants_project p
             WHERE p.owner_id = ANY (k.account_ids) AND p.removed_at IS NULL ORDER BY p.account_id),
       {", ".join(f"u.{field.column}" for field in User._meta.concrete_fields)}
FROM tenants_apikey k JOIN tenants_user u ON u.id = k.user_id
JOIN tenants_account a ON a.id = u.account_id JOIN tenants_domain d ON d.id = a.domain_id
WHERE k.key_id = %(key_id)s AND k.is_enabled AND (k.expires_at IS NULL OR k.expires_at > now()) AND {MAY_ACT}
"""  # noqa: S608 - constants and names of columns alone


@dataclass(frozen=True, slots=True)
class Holder:
    """Who brought a key: the user that it acts as, and what it leaves of the user's rights."""

    user: User
    scope: KeyScope

    def actor(self) -> Actor:
        """What they may do now."""
        return actor_of(self.user, self.scope)


def holder_of_key(text: str, *, address: str) -> Holder | None:
    """Who brought a key from an address.

    None when it is malformed, unknown, disabled or over, when its user may not act, and when it may not be used from
    there. They look the same outside: who found a key must not learn that it would be good elsewhere. The owner sees
    it in the list of keys.
    """
    parsed = parse_key(text)
    if parsed is None or not KEY_ID.fullmatch(parsed.key_id):
        return None
    found = fetch_all(_KEY, {"key_id": parsed.key_id, "pause": USE_RECORDED_EVERY})
    if not found:
        return None
    key, current, previous, is_stale, previous_is_stale, *row = found[0]
    is_current = compare_digest(current, parsed.secret_hash)
    if not is_current and not (previous and compare_digest(previous, parsed.secret_hash)):
        return None
    networks, permissions, expires_at, has_places, paths, account_ids, homes, projects, owners, *values = row
    if networks and not is_from(address, networks):
        _note_refusal(key, address)
        return None
    if is_stale or (previous_is_stale and not is_current):
        _note_use(key, address, is_current=is_current)
    scope = KeyScope(
        key, frozenset(permissions), has_places, frozenset(paths), dict(zip(account_ids, homes, strict=True)),
        tuple(networks), expires_at, dict(zip(projects, owners, strict=True)),
    )  # fmt: skip
    return Holder(User.from_db(DEFAULT_DB_ALIAS, _OF_USER, values), scope)


def _note_use(key: int, address: str, *, is_current: bool) -> None:
    seen = {"last_used_at": Now(), "last_used_address": address or None}
    ApiKey.objects.filter(pk=key).update(**seen, **({} if is_current else {"previous_used_at": Now()}))


def _note_refusal(key: int, address: str) -> None:
    """At most once a minute, whatever comes in."""
    quiet = ApiKey.objects.filter(pk=key).exclude(refused_at__gt=Now() - USE_RECORDED_EVERY)
    quiet.update(refused_at=Now(), refused_address=address or None)

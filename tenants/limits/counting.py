"""Reserving and releasing: one guarded statement over the account and all limited domains above it.

Its rows are locked in one order, accounts before domains and then by id: whoever waits for the row of a domain, which
many want, holds only rows of one account.
"""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter
from typing import Any

from django.db import connection

from tenants.actor import Actor
from tenants.limits.defaults import default_of
from tenants.limits.locks import hold_still
from tenants.limits.nearly import tell_if_nearly_reached
from tenants.limits.refusal import Held, refusal
from tenants.models import Account
from tenants.models.limit import CountedUntilGivenUp
from tenants.resources import RESOURCES

# `chosen` is materialised on purpose: where PostgreSQL flattens the union into the query that locks, a row whose lock
# had to be waited for fails the recheck and is silently left out. Both statements insist that none is.
# Nothing is locked while the account has no row yet: making one may wait for a neighbour who wants the same domain.
_HELD = """
WITH wanted AS (
    SELECT * FROM unnest(%(resources)s::text[], %(amounts)s::bigint[], %(defaults)s::bigint[])
        AS w(resource, amount, fallback)),
chosen AS MATERIALIZED (
    SELECT l.id, w.amount, w.fallback, TRUE AS own
    FROM wanted w JOIN tenants_limit l ON l.account_id = %(account)s AND l.resource = w.resource
    UNION ALL
    SELECT l.id, w.amount, w.fallback, FALSE
    FROM tenants_account a JOIN tenants_domain d ON d.id = a.domain_id
    CROSS JOIN unnest(string_to_array(trim(both '/' from d.path), '/')::bigint[]) AS above(id)
    JOIN tenants_limit l ON l.domain_id = above.id JOIN wanted w ON w.resource = l.resource
    WHERE a.id = %(account)s),
held AS (
    SELECT l.id, l.account_id, l.domain_id, l.resource, l.used, coalesce(l.maximum, c.fallback) AS maximum, c.amount
    FROM chosen c JOIN tenants_limit l ON l.id = c.id
    WHERE (SELECT count(*) FROM chosen WHERE own) = cardinality(%(resources)s::text[])
    ORDER BY l.domain_id IS NOT NULL, l.id FOR NO KEY UPDATE OF l)
"""
# All or nothing: where one level is full no row changes.
_TAKE = """
, done AS (
    UPDATE tenants_limit l SET used = l.used + h.amount FROM held h
    WHERE l.id = h.id
      AND NOT EXISTS (SELECT 1 FROM held WHERE maximum >= 0 AND used + amount > maximum)
      AND (SELECT count(*) FROM held) = (SELECT count(*) FROM chosen)
    RETURNING l.id)
SELECT account_id, domain_id, resource, used, maximum, amount, EXISTS (SELECT 1 FROM done) FROM held
"""
_GIVE_BACK = """
UPDATE tenants_limit l SET used = l.used - h.amount FROM held h WHERE l.id = h.id
RETURNING (SELECT count(*) FROM chosen)
"""
_OPEN = """
INSERT INTO tenants_limit (account_id, resource, used)
SELECT %(account)s, resource, 0 FROM unnest(%(resources)s::text[]) AS w(resource) ORDER BY resource
ON CONFLICT (account_id, resource) DO NOTHING
"""


def reserve(account: Account, *, by: Actor | None = None, **amounts: int) -> None:
    """Count what is about to be made, by the keys of `tenants.resources`: ``reserve(account, instances=1, cpus=4)``.

    Call it once in a transaction, after rows of one's own and before hosts, pools and public addresses are taken.
    `by` is who will read the refusal: domains that they may not see are not named.

    Raises:
        LimitExceeded: a limit of the account or of a domain above it leaves no room. Nothing was counted.
    """
    values = _values(account.pk, amounts)
    if not values["resources"]:
        return
    hold_still()
    for _ in range(2):
        held = _take(values)
        if any(level.done for level in held):
            tell_if_nearly_reached(account, held, by)
            return
        if full := [level for level in held if level.is_full]:
            raise refusal(account, full, by)
        open_rows(account.pk, values["resources"])
    raise RuntimeError(f"Limits of {account} could not be counted: {held}")


def release(account_id: int, **amounts: int) -> None:
    """Count out what is gone. The caller's own guarded UPDATE has seen to it that this happens once.

    Like `reserve` it comes before hosts, pools and public addresses are touched.
    """
    values = _values(account_id, amounts)
    if not values["resources"]:
        return
    hold_still()
    rows = _run(_HELD + _GIVE_BACK, values)
    if not rows or any(len(rows) != levels for (levels,) in rows):
        raise RuntimeError(f"Account {account_id} gives back {amounts}, which was never counted.")


def stop_counting(row: CountedUntilGivenUp) -> dict[str, int]:
    """Mark a row as not counted any more, and say what it counted for, to be released; nothing when it is so already.

    The UPDATE is guarded: of two that call this, one gets the amounts.
    """
    rows = type(row)._default_manager.filter(row.counted, pk=row.pk)
    if not rows.update(is_counted=False):
        return {}
    row.is_counted = False
    return amounts_of(row)


def amounts_of(row: Any) -> dict[str, int]:
    """What one row counts for."""
    return {
        key: amount if isinstance(amount, int) else attrgetter(amount.replace("__", "."))(row)
        for key, amount in row.counts.items()
    }


def open_rows(account_id: int, keys: Iterable[str]) -> None:
    """Make the rows of an account that are missing, in one order. Before any other row of limits is locked."""
    _run(_OPEN, {"account": account_id, "resources": sorted(keys)})


def _take(values: dict[str, Any]) -> list[Held]:
    return [Held(*row) for row in _run(_HELD + _TAKE, values)]


def _run(statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


def _values(account_id: int, amounts: dict[str, int]) -> dict[str, Any]:
    if wrong := [key for key, amount in amounts.items() if key not in RESOURCES or amount < 0]:
        raise ValueError(f"{wrong} can't be counted so")
    wanted = {key: amount for key, amount in amounts.items() if amount}
    return {
        "account": account_id,
        "resources": list(wanted),
        "amounts": list(wanted.values()),
        "defaults": [default_of(key) for key in wanted],
    }

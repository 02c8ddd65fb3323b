"""Counting anew what counters say, from the rows themselves."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import connection, models, transaction
from django.db.models import F, IntegerField, QuerySet, Sum, Value
from django.db.models.functions import Cast

from tenants.limits.locks import stop_counting_everywhere
from tenants.models.limit import Counted, Limit

# A row and its counter change in one transaction, so that one statement sees both or neither: no lock is needed.
_ACCOUNTS = """
WITH truth AS (
    SELECT account_id, resource, sum(amount)::bigint AS amount FROM ({rows}) AS c(account_id, resource, amount)
    WHERE account_id IS NOT NULL GROUP BY 1, 2),
counters AS (SELECT account_id, resource, used FROM tenants_limit WHERE account_id IS NOT NULL {chosen})
SELECT account_id, resource, coalesce(c.used, 0), coalesce(t.amount, 0)
FROM truth t FULL JOIN counters c USING (account_id, resource)
WHERE coalesce(c.used, 0) <> coalesce(t.amount, 0) ORDER BY 1, 2
"""
_DOMAINS = """
SELECT l.domain_id, l.resource, l.used, coalesce(sum(c.used), 0)::bigint
FROM tenants_limit l JOIN tenants_domain d ON d.id = l.domain_id
LEFT JOIN (tenants_domain s JOIN tenants_account a ON a.domain_id = s.id JOIN tenants_limit c ON c.account_id = a.id)
    ON starts_with(s.path, d.path) AND c.resource = l.resource
WHERE %(domains)s::bigint[] IS NULL OR l.domain_id = ANY (%(domains)s::bigint[])
GROUP BY l.id HAVING l.used <> coalesce(sum(c.used), 0) ORDER BY l.id
"""


@dataclass(frozen=True, slots=True)
class Drift:
    """A counter that is not what it counts."""

    account_id: int | None
    domain_id: int | None
    resource: str
    used: int
    counted: int


def counted_models() -> list[type[models.Model]]:
    """Every model whose rows count against a limit."""
    return [model for model in apps.get_models() if issubclass(model, Counted)]


def countable() -> set[str]:
    """The resources that something counts for; the others can't be made yet."""
    return {key for model in counted_models() for key in _counts(model)}


def drifts() -> list[Drift]:
    """Every counter that is wrong, those of accounts first."""
    return [*_account_drifts(), *domain_drifts()]


def recount() -> list[Drift]:
    """Put right every counter that is wrong; returns what they said before.

    The search holds nobody up. Only where it finds something is counting stopped everywhere, for the time of looking
    at those accounts again.
    """
    suspects = drifts()
    if not suspects:
        return []
    with transaction.atomic():
        stop_counting_everywhere()
        accounts = {drift.account_id for drift in suspects if drift.account_id is not None}
        found = _account_drifts(accounts) if accounts else []
        Limit.objects.bulk_create(
            [Limit(account_id=drift.account_id, resource=drift.resource, used=drift.counted) for drift in found],
            update_conflicts=True, update_fields=["used"], unique_fields=["account", "resource"],
        )  # fmt: skip
        return found + recount_domains()


def recount_domains(domains: Collection[int] | None = None) -> list[Drift]:
    """Make the counters of limited domains the sums of their accounts'. Only while counting is stopped."""
    found = domain_drifts(domains)
    for drift in found:
        Limit.objects.filter(domain=drift.domain_id or 0, resource=drift.resource).update(used=drift.counted)
    return found


def domain_drifts(domains: Collection[int] | None = None) -> list[Drift]:
    with connection.cursor() as cursor:
        cursor.execute(_DOMAINS, {"domains": None if domains is None else sorted(domains)})
        return [Drift(None, *row) for row in cursor.fetchall()]


def _account_drifts(accounts: Collection[int] | None = None) -> list[Drift]:
    statement, values = _rows_of(accounts)
    chosen = ""
    if accounts is not None:
        chosen = "AND account_id = ANY (%s::bigint[])"
        values.append(sorted(accounts))
    with connection.cursor() as cursor:
        cursor.execute(_ACCOUNTS.format(rows=statement, chosen=chosen), values)
        return [Drift(account, None, *rest) for account, *rest in cursor.fetchall()]


def _rows_of(accounts: Collection[int] | None) -> tuple[str, list[Any]]:
    """One SELECT of (account, resource, amount) for everything that counts."""
    parts: list[str] = []
    values: list[Any] = []
    for rows in _sums(accounts):
        statement, more = rows.query.sql_with_params()
        parts.append(f"({statement})")
        values += more
    return " UNION ALL ".join(parts), values


def _sums(accounts: Collection[int] | None) -> Iterator[QuerySet[Any, Any]]:
    for model in counted_models():
        noun: Any = model
        rows = model._default_manager.filter(noun.counted).order_by()
        if accounts is not None:
            rows = rows.filter(**{f"{noun.counted_for}__in": accounts})
        owner = F(f"{noun.counted_for}_id")
        for key, amount in _counts(model).items():
            each = Value(amount, IntegerField()) if isinstance(amount, int) else F(amount)
            named = rows.annotate(_owner=owner, _resource=Cast(Value(key), models.TextField()))
            yield (
                named.values("_owner", "_resource")
                .annotate(_amount=Sum(each))
                .values_list("_owner", "_resource", "_amount")
            )


def _counts(model: Any) -> dict[str, int | str]:
    return dict(model.counts)

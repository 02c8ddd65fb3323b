"""How much an owner may have, has, and may still make."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.db import connection

from tenants.limits.defaults import default_of
from tenants.limits.recount import countable
from tenants.models import Account, Domain
from tenants.resources import RESOURCES, UNLIMITED, Resource

_ABOVE = """
SELECT l.account_id, l.domain_id, l.resource, l.maximum, l.used
FROM tenants_limit l WHERE l.account_id = %(account)s
UNION ALL
SELECT l.account_id, l.domain_id, l.resource, l.maximum, l.used
FROM tenants_domain d CROSS JOIN unnest(string_to_array(trim(both '/' from d.path), '/')::bigint[]) AS above(id)
JOIN tenants_limit l ON l.domain_id = above.id WHERE d.id = %(domain)s
"""
_BELOW = """
SELECT l.resource, sum(l.used)::bigint
FROM tenants_domain s JOIN tenants_account a ON a.domain_id = s.id JOIN tenants_limit l ON l.account_id = a.id
WHERE s.path LIKE %(path)s || '%%' GROUP BY l.resource
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """One resource of one owner, in the unit that is counted.

    `maximum` is the owner's own limit, -1 where it has none; `left` is what may still be made, with the domains above
    in mind, None where nothing limits it; `bound_above`: it is one of them that leaves the least.
    """

    resource: Resource
    maximum: int
    used: int
    left: int | None
    is_default: bool = False
    bound_above: bool = False

    @property
    def is_exceeded(self) -> bool:
        """Whether more is used than may be: the limit was lowered, and nothing more can be made."""
        return 0 <= self.maximum < self.used

    @property
    def total(self) -> int | None:
        """Of how much a bar is drawn: what is used and what is left."""
        return None if self.left is None else self.used + self.left

    def words(self) -> str:
        """What somebody has to know who lowered a limit below what is used."""
        resource = self.resource
        return (
            f"{resource.label}: {resource.number(self.used)} used, {resource.number(self.maximum)} allowed. "
            "What is there stays; nothing more can be made until less than that is used."
        )


def of_account(account: Account) -> list[Standing]:
    """All resources of an account, with one query."""
    rows = _run(_ABOVE, account=account.pk, domain=account.domain_id)
    own = {resource: (maximum, used) for owner, _, resource, maximum, used in rows if owner is not None}
    found = []
    for key, resource in RESOURCES.items():
        maximum, used = own.get(key, (None, 0))
        limit = default_of(key) if maximum is None else maximum
        found.append(Standing(resource, limit, used, _left(limit, used), is_default=maximum is None))
    return _bound(found, [row[2:] for row in rows if row[0] is None])


def of_domain(domain: Domain) -> list[Standing]:
    """All resources of a domain with everything below it."""
    rows = _run(_ABOVE, account=None, domain=domain.pk)
    own = {resource: maximum for _, owner, resource, maximum, _ in rows if owner == domain.pk}
    used = dict(_run(_BELOW, path=domain.path))
    found = []
    for key, resource in RESOURCES.items():
        limit, has = own.get(key, UNLIMITED), used.get(key, 0)
        found.append(Standing(resource, limit, has, _left(limit, has), is_default=key not in own))
    return _bound(found, [row[2:] for row in rows if row[1] != domain.pk])


def makeable(standings: list[Standing]) -> list[Standing]:
    """Those of what can be made in this version."""
    known = countable()
    return [standing for standing in standings if standing.resource.key in known]


def room(account: Account, key: str) -> int | None:
    """How much of one resource the account may still take, without reserving it; None where nothing limits it."""
    return next(standing.left for standing in of_account(account) if standing.resource.key == key)


def _left(maximum: int, used: int) -> int | None:
    return None if maximum < 0 else max(0, maximum - used)


def _bound(standings: list[Standing], above: list[tuple[str, int, int]]) -> list[Standing]:
    """What the domains above leave, where that is less."""
    least: dict[str, int] = {}
    for key, maximum, used in above:
        least[key] = min(least.get(key, max(0, maximum - used)), max(0, maximum - used))
    return [
        replace(standing, left=left, bound_above=True)
        if (left := least.get(standing.resource.key)) is not None and (standing.left is None or left < standing.left)
        else standing
        for standing in standings
    ]


def _run(statement: str, **values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()

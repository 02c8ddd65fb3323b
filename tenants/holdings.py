"""What accounts hold, by whoever keeps it: how to count it, to stop it, and to have it removed.

Tenancy knows no instances and no networks. The domains above register theirs when they are loaded; removing an
account goes through them in their order, and stopping one through those that run.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, Q, QuerySet

from cloudportal.core.errors import NotFound
from cloudportal.jobs.models import Job
from tenants.permissions import view_of

Rows = Callable[[Collection[int]], QuerySet[Any]]
Start = Callable[[Any, Job], object]


@dataclass(frozen=True, slots=True)
class Holding:
    """One noun that accounts hold. Those with a lower `order` are removed first.

    `rows` are what some accounts hold now. `remove` brings one of them nearer to its end: it deletes it, or starts a
    job whose parent is the one given; it is called again until the row is gone from `rows`. A Conflict says that
    something else is under way for it. `running` and `stop` are the same for what has to stop when an account is
    disabled.
    """

    noun: str
    order: int
    area: str
    model: type[Model]
    rows: Rows
    remove: Start
    running: Rows | None = None
    stop: Start | None = None

    def __post_init__(self) -> None:
        HOLDINGS.append(self)
        HOLDINGS.sort(key=lambda holding: holding.order)


HOLDINGS: list[Holding] = []


def contents(accounts: Collection[int]) -> dict[str, int]:
    """How many of each noun some accounts hold; nouns that are none are left out."""
    counted = {holding.noun: holding.rows(accounts).count() for holding in HOLDINGS}
    return {noun: count for noun, count in counted.items() if count}


def in_words(counted: dict[str, int]) -> str:
    """``2 instances, 1 network``."""
    return ", ".join(f"{count} {noun[:-1] if count == 1 else noun}" for noun, count in counted.items())


def find(scope: Callable[[str], Q], uuid: Any) -> Any:
    """Something that an account holds, by its id, among what a scope lets be seen of each area.

    Raises:
        NotFound: there is none.
    """
    for holding in _by_model():
        found = holding.model._default_manager.filter(scope(view_of(holding.area)), uuid=uuid).first()
        if found is not None:
            return found
    raise NotFound


def _by_model() -> Iterator[Holding]:
    seen: set[type[Model]] = set()
    for holding in HOLDINGS:
        if holding.model not in seen:
            seen.add(holding.model)
            yield holding

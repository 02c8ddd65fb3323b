"""Saying which limit leaves no room, whose it is, and how much is left."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from cloudportal.core.errors import LimitExceeded
from tenants.actor import NOWHERE, Actor
from tenants.models import Account, Domain
from tenants.resources import RESOURCES

HIDDEN = "a domain above"


class OutOfLimit(LimitExceeded):
    """Names the account, and says in `for_owners` what whoever decides about the account may read."""

    account: Account
    for_owners: str
    about: str


class Held(NamedTuple):
    """A level that was asked, as the database has it now."""

    account_id: int | None
    domain_id: int | None
    resource: str
    used: int
    maximum: int
    amount: int
    done: bool = False

    @property
    def is_full(self) -> bool:
        return 0 <= self.maximum < self.used + self.amount

    @property
    def left(self) -> int:
        return max(0, self.maximum - self.used)


def may_see(actor: Actor | None, domain: Domain) -> bool:
    """Whether the actor sees that domain's tenancy, and so may know its name and what is used below it."""
    reach = actor.reach.get("tenancy.view", NOWHERE) if actor is not None else NOWHERE
    return reach.everywhere or any(domain.path.startswith(path) for path in reach.paths)


def refusal(account: Account, full: Iterable[Held], by: Actor | None) -> OutOfLimit:
    """The refusal for all levels that are full, the nearest to the account first.

    Of a domain that the reader may not see only what is left is told: how much there is and how much is used would
    tell of neighbours.
    """
    domains = Domain.objects.in_bulk({level.domain_id for level in full if level.domain_id is not None})
    order = list(RESOURCES)

    def nearness(level: Held) -> tuple[int, int]:
        depth = len(domains[level.domain_id].path) if level.domain_id is not None else 1 << 20
        return -depth, order.index(level.resource)

    nearest = sorted(full, key=nearness)
    told = [_told(account, domains, level, by) for level in nearest]
    refused = OutOfLimit(_words(told), **told[0][1], exceeded=[details for _, details in told])
    refused.account, refused.about = account, about(nearest[0])
    refused.for_owners = _words([_told(account, domains, level, None) for level in nearest])
    return refused


def about(level: Held) -> str:
    """One limit of one owner, by name."""
    owner = f"domain:{level.domain_id}" if level.domain_id is not None else f"account:{level.account_id}"
    return f"{owner}:{level.resource}"


def _words(told: Iterable[tuple[str, dict[str, Any]]]) -> str:
    return " ".join(text for text, _ in told)


def _told(account: Account, domains: dict[int, Domain], level: Held, by: Actor | None) -> tuple[str, dict[str, Any]]:
    resource = RESOURCES[level.resource]
    takes = f"this takes {resource.number(level.amount)}"
    details: dict[str, Any] = {
        "resource": resource.name, "unit": resource.unit, "owner": {"type": "domain", "id": None, "name": HIDDEN},
        "limit": None, "used": None, "left": resource.shown(level.left), "wanted": resource.shown(level.amount),
    }  # fmt: skip
    owner: Account | Domain = account if level.domain_id is None else domains[level.domain_id]
    if isinstance(owner, Domain) and not may_see(by, owner):
        return f"{HIDDEN.capitalize()} leaves {resource.words(level.left)}, and {takes}.", details
    noun = owner._meta.model_name
    details |= {
        "owner": {"type": noun, "id": str(owner.uuid), "name": owner.name},
        "limit": resource.shown(level.maximum), "used": resource.shown(level.used),
    }  # fmt: skip
    used = f"{resource.number(level.used)} used, {resource.number(level.left)} left, and {takes}"
    return f"{str(noun).capitalize()} {owner} may have {resource.words(level.maximum)}: {used}.", details

"""Bars of limits: on their own pages, and wherever somebody makes something."""

from __future__ import annotations

from dataclasses import dataclass

from tenants.limits.standing import Standing, makeable, of_account
from tenants.models import Account
from tenants.resources import GIB, UNLIMITED

WARN_PERCENT = 80


@dataclass(frozen=True, slots=True)
class Bar:
    """One resource as it is drawn. Numbers are counted ones; `unit` says how they are written: MiB, bytes or plain."""

    standing: Standing
    plan: int = 0

    @property
    def label(self) -> str:
        return self.standing.resource.label

    @property
    def unit(self) -> str:
        resource = self.standing.resource
        return "bytes" if resource.scale == GIB else resource.unit

    @property
    def used(self) -> int:
        return self.standing.used

    @property
    def left(self) -> int | None:
        return self.standing.left

    @property
    def total(self) -> int | None:
        """Of how much: the owner's own limit, or what the domains above leave."""
        if self.standing.maximum != UNLIMITED and not self.standing.bound_above:
            return self.standing.maximum
        return None if self.left is None else self.used + self.left

    @property
    def percent(self) -> float:
        return self._percent(self.used)

    @property
    def plan_percent(self) -> float:
        """How much more what is planned would take."""
        return self._percent(self.used + self.plan) - self.percent

    @property
    def is_too_much(self) -> bool:
        """Whether what is planned is more than is left."""
        return self.left is not None and self.plan > self.left

    @property
    def level(self) -> str:
        if self.left == 0 or self.is_too_much:
            return "full"
        return "warn" if self.percent >= WARN_PERCENT else "ok"

    def _percent(self, number: int) -> float:
        if self.total is None:
            return 0.0
        return 100.0 if number >= self.total else 100 * number / self.total


def bars(standings: list[Standing]) -> list[Bar]:
    """Bars of everything that can be made."""
    return [Bar(standing) for standing in makeable(standings)]


def bars_for(account: Account, **plan: int) -> list[Bar]:
    """Bars of what is about to be made for an account, in that order, with how much it takes."""
    found = {standing.resource.key: standing for standing in of_account(account)}
    return [Bar(found[key], amount) for key, amount in plan.items()]

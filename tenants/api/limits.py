"""Limits: how much an account or domain may have, has, and has left."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, TypedDict
from uuid import UUID

from rest_framework import serializers
from rest_framework.response import Response

from cloudportal.doors.api.bodies import Body, accepts
from cloudportal.doors.api.requests import Request
from cloudportal.doors.api.rows import Row, computed
from cloudportal.doors.api.views import Endpoint, answers, on_object
from cloudportal.doors.lookup import one
from tenants import selectors
from tenants.limits.standing import Standing, of_account, of_domain
from tenants.models import Account, Domain
from tenants.resources import BY_NAME, UNLIMITED
from tenants.services.limits import LARGEST, may_set_limits, set_account_limits, set_domain_limits


class Owner(TypedDict):
    type: str
    id: UUID
    name: str


class LimitOf(TypedDict):
    """One resource. `limit` is -1 where there is none, `left` null where nothing limits it."""

    resource: str
    unit: str
    limit: int
    is_default: bool
    used: float
    left: float | None
    bound_above: bool
    is_exceeded: bool


class LimitsRow(Row):
    """All limits of an account or domain, in the units that `unit` names. `left` has the domains above in mind;
    `bound_above` says that one of them leaves less than the owner's own limit."""

    owner: Owner = computed(dict)
    limits: list[LimitOf] = computed(list)
    may_change: bool = computed(bool, help="Whether the caller manages the tenancy above, and so may change them.")
    warnings: list[str] = computed(list, help="What is used beyond its limit, in words.")


SetLimits: type[Body] = type(
    "SetLimits",
    (Body,),
    {
        name: serializers.IntegerField(
            required=False, allow_null=True, min_value=UNLIMITED, max_value=LARGEST,
            help_text=f"{resource.many.capitalize()}; -1 is unlimited, null goes back to the default.",
        )
        for name, resource in BY_NAME.items()
    },
)  # fmt: skip


class MyLimitsViewSet(Endpoint):
    @answers(LimitsRow)
    def list(self, request: Request) -> Response:
        """Show the limits of the caller's own account."""
        account = selectors.own_account(request.actor)
        return Response(shown(account, of_account(account), may_set_limits(request.actor, account)))


class LimitsViewSet(Endpoint, ABC):
    """Limits of one owner, at an address below its own."""

    @abstractmethod
    def target(self, request: Request, uuid: Any) -> Any: ...

    @abstractmethod
    def standings(self, owner: Any) -> list[Standing]: ...

    @abstractmethod
    def change(self, request: Request, owner: Any, limits: dict[str, Any]) -> list[Standing]: ...

    @on_object
    @answers(LimitsRow)
    def show_limits(self, request: Request, owner: Any) -> Response:
        """Show limits, and what is used and left of them."""
        return Response(shown(owner, self.standings(owner), may_set_limits(request.actor, owner)))

    @on_object
    @accepts(SetLimits, partial=True)
    @answers(LimitsRow)
    def set_limits(self, request: Request, owner: Any, data: dict[str, Any]) -> Response:
        """Change limits. One below what is used is taken: nothing is removed, and nothing more can be made."""
        return Response(shown(owner, self.change(request, owner, data), True))


class AccountLimitsViewSet(LimitsViewSet):
    def target(self, request: Request, uuid: Any) -> Account:
        return one(selectors.limited_accounts(request.actor), uuid)

    def standings(self, owner: Account) -> list[Standing]:
        return of_account(owner)

    def change(self, request: Request, owner: Account, limits: dict[str, Any]) -> list[Standing]:
        return set_account_limits(request.actor, account=owner, limits=limits)


class ProjectLimitsViewSet(AccountLimitsViewSet):
    """Those of the project's own account; the owner's do not come in."""

    def target(self, request: Request, uuid: Any) -> Account:
        return one(
            selectors.limited_accounts(request.actor).filter(project__removed_at=None, project__isnull=False), uuid
        )


class DomainLimitsViewSet(LimitsViewSet):
    """For everything below the domain together."""

    def target(self, request: Request, uuid: Any) -> Domain:
        return one(selectors.domains(request.actor), uuid)

    def standings(self, owner: Domain) -> list[Standing]:
        return of_domain(owner)

    def change(self, request: Request, owner: Domain, limits: dict[str, Any]) -> list[Standing]:
        return set_domain_limits(request.actor, domain=owner, limits=limits)


def shown(owner: Account | Domain, standings: list[Standing], may_change: bool) -> dict[str, Any]:
    return {
        "owner": {"type": owner._meta.model_name, "id": owner.uuid, "name": owner.name},
        "limits": [_shown(standing) for standing in standings],
        "may_change": may_change,
        "warnings": [standing.words() for standing in standings if standing.is_exceeded],
    }


def _shown(standing: Standing) -> dict[str, Any]:
    resource = standing.resource
    return {
        "resource": resource.name,
        "unit": resource.unit,
        "limit": standing.maximum if standing.maximum == UNLIMITED else resource.shown(standing.maximum),
        "is_default": standing.is_default,
        "used": resource.shown(standing.used),
        "left": None if standing.left is None else resource.shown(standing.left),
        "bound_above": standing.bound_above,
        "is_exceeded": standing.is_exceeded,
    }

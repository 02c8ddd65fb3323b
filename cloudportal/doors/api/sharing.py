"""Sharing of single things with other accounts, for the nouns that can be shared."""

from __future__ import annotations

import datetime as dt
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model
from rest_framework.decorators import action
from rest_framework.response import Response

from cloudportal.doors.api.bodies import Body, Owner, Reference, accepts
from cloudportal.doors.api.requests import Request
from cloudportal.doors.api.row_schema import PageOf
from cloudportal.doors.api.rows import Ref, Row, column, ref
from cloudportal.doors.api.schema import paging
from cloudportal.doors.api.tagging import TaggedViewSet
from cloudportal.doors.api.views import address_of, answers, changes, on_object, operation, removes
from cloudportal.doors.ordering import NEWEST_FIRST
from cloudportal.doors.paging import page, page_size
from tenants import selectors
from tenants.services import shares

M = TypeVar("M", bound=Model)


class ShareRow(Row):
    """An account that sees and uses the thing."""

    id: UUID = column("uuid")
    account: Ref = ref()
    created_at: dt.datetime = column()


class WithAccount(Body):
    account = Reference(
        selectors.any_account, help_text="The other account, by its id. Its people find it on their profile."
    )


class Receiver(Owner):
    """The account that something is shared with: the actor's own where the client says nothing."""

    def __init__(self) -> None:
        super().__init__("", help_text="Which account gives it up; your own when left out.")
        self.selector = selectors.reached_accounts


class ForAccount(Body):
    account = Receiver()


class SharedViewSet(TaggedViewSet[M]):
    """A noun of which single things are shared."""

    @action(detail=True, methods=["get"])
    @on_object
    @answers(PageOf.of(ShareRow), parameters=paging(NEWEST_FIRST))
    def shares(self, request: Request, thing: M) -> Response:
        """With which accounts it is shared: all of them for who sees the owner's things, else the caller's own."""
        asked = request.query_params
        plan = ShareRow.plan(request.actor, asked.get("fields", ""))
        order = NEWEST_FIRST.order(asked.get("sort"))
        rows = selectors.shares(request.actor, thing).order_by()
        found = page(rows, asked.get("cursor"), page_size(asked.get("limit")), order, plan)
        return Response(
            {
                "results": [plan.render(values) for values in found.rows],
                "next": address_of(request, found.next),
                "previous": address_of(request, found.previous),
            }
        )

    @operation
    @on_object
    @accepts(WithAccount)
    @changes
    def share(self, request: Request, thing: M, data: dict[str, Any]) -> M:
        """Let another account see it and use it."""
        return shares.share(request.actor, thing=thing, **data)

    @operation
    @on_object
    @accepts(WithAccount)
    @changes
    def unshare(self, request: Request, thing: M, data: dict[str, Any]) -> M:
        """Take it back: nothing new is begun with it, and what runs goes on."""
        return shares.unshare(request.actor, thing=thing, **data)

    @operation
    @on_object
    @accepts(ForAccount)
    @removes
    def leave(self, request: Request, thing: M, data: dict[str, Any]) -> None:
        """Give up what another account shares."""
        shares.leave(request.actor, thing=thing, **data)

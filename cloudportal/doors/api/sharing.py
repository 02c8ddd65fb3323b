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
from cloudportal.doors.api.schema import of_list
from cloudportal.doors.api.tagging import TaggedViewSet
from cloudportal.doors.api.views import answers, changes, narrowed, on_object, operation, page_of, removes
from cloudportal.doors.filtering import AccountFilter, Filters
from cloudportal.doors.ordering import NEWEST_FIRST
from tenants import selectors
from tenants.services import shares

M = TypeVar("M", bound=Model)


class ShareRow(Row):
    """An account that sees and uses the thing."""

    id: UUID = column("uuid")
    account: Ref = ref()
    created_at: dt.datetime = column()


class ShareFilterSet(Filters):
    account = AccountFilter(label="With this account")


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
    @answers(PageOf.of(ShareRow), parameters=of_list(NEWEST_FIRST, ShareFilterSet))
    def shares(self, request: Request, thing: M) -> Response:
        """With which accounts it is shared: all of them for who sees the owner's things, else the caller's own."""
        rows = selectors.shares(request.actor, thing).order_by()
        return page_of(request, narrowed(request, rows, request.query_params, ShareFilterSet), ShareRow, NEWEST_FIRST)

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

"""What a list was narrowed to by a link, in words above it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict

from cloudportal.core.errors import NotFound
from cloudportal.doors.lookup import one
from tenants import selectors
from tenants.actor import Actor

_PLACES: dict[str, Callable[[Actor], QuerySet[Any]]] = {
    "domain": selectors.domains,
    "account": selectors.reached_accounts,
    "group": selectors.groups,
}


def within(actor: Actor, params: QueryDict) -> list[Any]:
    """The domain, account and group that the address names, as far as the actor sees them."""
    found = []
    for name, selector in _PLACES.items():
        if name in params:
            try:
                found.append(one(selector(actor), str(params[name])))
            except NotFound:
                # The filter says so itself.
                continue
    return found

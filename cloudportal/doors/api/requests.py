"""A request of the API, with who acts."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request as DrfRequest

from tenants.actor import Actor
from tenants.models import User


class Request(DrfRequest):
    """`user` is signed in wherever a view's method runs: the permission classes have seen to it."""

    user: User

    @property
    def actor(self) -> Actor:
        """Who acts, resolved once by the middleware of the doors, after authentication has said who it is."""
        actor: Any = self._request.actor  # type: ignore[attr-defined]
        return actor

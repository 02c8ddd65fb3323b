"""Who is calling: an API key, or the session of the browser."""

from __future__ import annotations

from typing import Any

from rest_framework.authentication import BaseAuthentication
from rest_framework.authentication import SessionAuthentication as WithCsrf
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from cloudportal.core.origin import amend
from cloudportal.doors.addresses import client_address
from tenants.keys import parse_key
from tenants.models import User
from tenants.scope import KeyScope
from tenants.services.key_holders import holder_of_key
from tenants.signing_in import FactorOwed, owes_factor

SCHEME = "Bearer"


class ApiKeyAuthentication(BaseAuthentication):
    """``Authorization: Bearer cpk_…``. A wrong key is refused even where a session would do.

    What the key leaves of its user's rights becomes the request's `auth`.
    """

    def authenticate(self, request: Request) -> tuple[User, KeyScope] | None:
        scheme, _, text = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() != SCHEME.lower():
            return None
        holder = holder_of_key(text.strip(), address=client_address(request._request))
        if holder is None:
            raise AuthenticationFailed("That API key is not valid, or may not be used from here.")
        key = parse_key(text.strip())
        amend(key_id=key.key_id if key else "")
        return holder.user, holder.scope

    def authenticate_header(self, request: Request) -> str:
        return f'{SCHEME} realm="CloudPortal"'


class SessionAuthentication(WithCsrf):
    """The signed-in browser, with its CSRF token on everything that writes.

    Who owes a second factor gets nothing here; keys are another door, and are not asked.
    """

    def authenticate(self, request: Request) -> Any:
        found = super().authenticate(request)
        if found is not None and owes_factor(found[0]):
            raise FactorOwed
        return found

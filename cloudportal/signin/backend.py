"""Finding who signs in, and reading who is signed in."""

from __future__ import annotations

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.http import HttpRequest

from tenants import signing_in
from tenants.models import User
from tenants.people import by_email, by_username


class PortalBackend(AuthenticationBackend):
    """Passwords by user name or e-mail address. A user that may not sign in any more is out with the next request."""

    def user_can_authenticate(self, user: Any) -> bool:
        return signing_in.may_sign_in(user)

    def get_user(self, user_id: Any) -> User | None:
        return signing_in.signing_in().filter(pk=user_id).first()

    def _authenticate(self, request: HttpRequest | None, **credentials: Any) -> Any:
        """One password is checked for a name, and one for an address: an unknown one takes the same time."""
        typed = credentials.get("username") or credentials.get("email") or ""
        user = by_username(typed)
        # Several users may have the address; the password tells which of them it is.
        users = [user] if user is not None else by_email(typed)
        return next((user for user in users if self._check_password(user, credentials["password"])), None)

"""Whom Django lets in: nobody who is disabled, of a disabled account, or below a suspended domain."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend

from tenants.models import User
from tenants.standing import active_user, may_act


class OnlyWhoMayAct:
    """For every way of signing in, in front of Django's own class: asked at the door, and again at each request."""

    def user_can_authenticate(self, user: Any) -> bool:
        return may_act(user)

    def get_user(self, user_id: int) -> User | None:
        """The user of a session, with one query; None ends the session."""
        return active_user(user_id)


class PasswordBackend(OnlyWhoMayAct, ModelBackend):
    """User name and password."""

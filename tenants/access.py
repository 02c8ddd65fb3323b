"""Telling whoever keeps something open for somebody that their rights changed."""

from __future__ import annotations

from cloudportal.core import events
from tenants.models import User


def access_changed(user: User | None = None) -> None:
    """Have open streams of a user, or of everybody, look again at what they may show, once the transaction commits."""
    events.announce("access", user=user.pk if user is not None else None)

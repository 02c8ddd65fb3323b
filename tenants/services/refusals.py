"""Refused attempts in the trail: who tried what they may not, or what a limit leaves no room for."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import structlog

from cloudportal.core import events, origin
from cloudportal.core.errors import PermissionDenied
from cloudportal.core.models import Event
from tenants.actor import Actor
from tenants.limits.refusal import OutOfLimit
from tenants.services.floods import is_flood

logger = structlog.get_logger(__name__)

MOST_A_MINUTE = 20


def record_refusal(actor: Actor, *, refusal: PermissionDenied, method: str, route: str, uuid: UUID | None) -> None:
    """Keep that the actor was refused. A script that tries for hours leaves so many lines a minute, and a log entry."""
    details: dict[str, Any] = {"method": method, "route": route}
    if uuid is not None:
        details["object"] = uuid
    _record(actor, "access.refused", f"Refused: {refusal.message}", account_id=actor.account_id, **details)


def record_limit_refusal(actor: Actor, *, refusal: OutOfLimit) -> None:
    """Keep that a limit left no room, in words for the account's own people; as `record_refusal` does."""
    account = refusal.account
    _record(actor, "tenants.limit_refused", f"Refused: {refusal.for_owners}", resource=account,
            account_id=account.pk, about=refusal.about)  # fmt: skip


def _record(actor: Actor, action: str, words: str, **more: Any) -> None:
    acting = origin.current().operator_id or actor.user_id
    if is_flood(Event.objects.filter(actor_id=acting, outcome=Event.Outcome.REFUSED), MOST_A_MINUTE):
        logger.warning("a refusal is not in the trail: there were too many", actor=actor.name, action=action)
        return
    events.record(actor, action, words, level=Event.Level.WARNING, outcome=Event.Outcome.REFUSED, **more)

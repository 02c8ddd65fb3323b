"""Beginning and ending to act for a user."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models.functions import Now

from cloudportal.core import clock, events, origin
from cloudportal.core.errors import Conflict
from cloudportal.core.writing import insert
from tenants.acting import act_for, minutes
from tenants.actor import Actor
from tenants.models import User, ViewAs


def start_view_as(actor: Actor, *, user: User, reason: str = "") -> ViewAs:
    """Begin to act for a user; their account's trail says so. It ends by itself after a while.

    Raises:
        NotFound, PermissionDenied: the actor may not act for the user.
        Conflict: it acts for somebody already.
    """
    if origin.current().operator_id is not None:
        raise Conflict("You act for somebody already; end that first.")
    act_for(actor, user)
    operator = User.objects.get(pk=actor.user_id or 0)
    until = clock.now() + timedelta(minutes=minutes())
    with transaction.atomic():
        view = insert(ViewAs(operator=operator, user=user, reason=reason.strip(), expires_at=until))
        events.record(
            actor,
            "tenants.start_view_as",
            f"{actor.name} began to act for {user}.",
            resource=user,
            reason=view.reason,
            until=until,
        )
    return view


def end_view_as(actor: Actor, *, view: ViewAs, why: str = "ended") -> None:
    """Stop acting for a user: `why` is ended, expired or refused. What is over already stays as it was."""
    with transaction.atomic():
        if not ViewAs.objects.filter(pk=view.pk, ended_at=None).update(ended_at=Now()):
            return
        words = f"{actor.name} acts for {view.user} no more."
        events.record(actor, "tenants.end_view_as", words, resource=view.user, why=why)

"""What doors tell the audit trail beside what services record: refused attempts, and views that end with a session."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.signals import user_logged_out
from django.db import transaction
from django.http import HttpRequest

from cloudportal.core.errors import PermissionDenied
from cloudportal.doors.view_as import leave_view
from tenants.limits.refusal import OutOfLimit
from tenants.services.refusals import record_limit_refusal, record_refusal


def note_refusal(request: HttpRequest, error: Exception) -> None:
    """Record that a permission or a limit refused somebody who signed in; other errors leave no line.

    What does not exist for the actor is not recorded: it is no attempt on anything.
    """
    if not isinstance(error, PermissionDenied | OutOfLimit):
        return
    actor = getattr(request, "actor", None)
    if actor is None or actor.user_id is None:
        return
    if isinstance(error, OutOfLimit):
        with transaction.atomic():
            record_limit_refusal(actor, refusal=error)
        return
    match = request.resolver_match
    with transaction.atomic():
        record_refusal(
            actor,
            refusal=error,
            method=request.method or "",
            route=match.view_name if match else "",
            uuid=match.kwargs.get("uuid") if match else None,
        )


def listen() -> None:
    """Hear from Django whenever somebody signs out, by whatever way there is to do so."""
    user_logged_out.connect(_signed_out, dispatch_uid="trail")


def _signed_out(request: HttpRequest, user: Any, **_: Any) -> None:
    if user is not None:
        leave_view(request, "ended")

"""Every hour: sessions that ended, and attempts to sign in that no longer count, are forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef, QuerySet

from cloudportal.core.clock import WallClock
from cloudportal.jobs.periodic import every
from cloudportal.jobs.run import Run
from cloudportal.jobs.workflow import Workflow
from tenants.models import KnownBrowser, SignInThrottle

PRUNE_SIGN_IN = Workflow("tenants.prune_sign_in", "Forget old sessions", cancellable=False)

BATCH = 5000
REMEMBERED = timedelta(days=180)


@PRUNE_SIGN_IN.step("Delete them")
def delete(run: Run[None]) -> None:
    for rows in _old():
        while keys := list(rows.values_list("pk", flat=True)[:BATCH]):
            run.checkpoint()
            rows.model._default_manager.filter(pk__in=keys).delete()


def _old() -> Iterator[QuerySet[Any]]:
    yield Session.objects.filter(expire_date__lt=WallClock())
    there = Session.objects.filter(session_key=OuterRef("session_key"))
    yield UserSession.objects.filter(~Exists(there))
    yield SignInThrottle.objects.filter(until__lt=WallClock())
    yield KnownBrowser.objects.filter(seen_at__lt=WallClock() - REMEMBERED)


every(timedelta(hours=1), PRUNE_SIGN_IN)

"""Who was told what, for tests to look at."""

from __future__ import annotations

from cloudportal.jobs.services import start
from tenants.actor import SYSTEM
from tenants.models import Notification, User
from tenants.workflows import DISPATCH_EVENTS
from tests.conftest import RunJobs

PORTAL = "https://cloud.example.org"


def dispatch(run_jobs: RunJobs) -> None:
    """Hand on what waits, and work on what comes of it."""
    start(SYSTEM, DISPATCH_EVENTS)
    run_jobs()


def told(user_id: int | None, kind: str = "") -> list[Notification]:
    """What a user was told, the oldest first."""
    rows = Notification.objects.filter(user=user_id or 0).order_by("pk")
    return list(rows.filter(kind=kind) if kind else rows)


def with_mail(user_id: int | None) -> User:
    """The user, with an address from now on."""
    user = User.objects.get(pk=user_id)
    User.objects.filter(pk=user.pk).update(email=f"{user.username}@example.org")
    return User.objects.get(pk=user_id)

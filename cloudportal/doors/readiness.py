"""Whether this process could serve everything: the database, its tables, and somebody who works on jobs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import structlog
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from cloudportal.core.clock import WallClock
from cloudportal.jobs.models import WorkerNode

HEARD_WITHIN = timedelta(seconds=60)

_on_disk: set[tuple[str, str]] = set()


def database_answers() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return ""


def migrations_are_applied() -> str:
    if not _on_disk:
        _on_disk.update(MigrationLoader(None).disk_migrations or {})
    missing = _on_disk - set(MigrationRecorder(connection).applied_migrations())
    return f"{len(missing)} migrations are not applied" if missing else ""


def workers_were_heard() -> str:
    heard = WorkerNode.objects.filter(heard_at__gt=WallClock() - HEARD_WITHIN).exists()
    return "" if heard else f"no worker was heard for {HEARD_WITHIN.seconds} seconds"


CHECKS: dict[str, Callable[[], str]] = {
    "database": database_answers,
    "migrations": migrations_are_applied,
    "workers": workers_were_heard,
}


def readiness() -> dict[str, dict[str, str]]:
    """Each check with its status and what is wrong; all are made, whatever the others found."""
    return {name: _made(name, check) for name, check in CHECKS.items()}


def _made(name: str, check: Callable[[], str]) -> dict[str, str]:
    try:
        wrong = check()
    except Exception:
        structlog.get_logger(__name__).exception("a check of readiness failed", check=name)
        wrong = "it could not be found out; the log says why"
    return {"status": "failing", "message": wrong} if wrong else {"status": "ok"}

"""Bringing the database's tables up to date, when there is something to bring."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import psycopg

from cloudportal.setup.children import manage
from cloudportal.setup.places import LOCAL, REPOSITORY
from cloudportal.setup.steps import run_step

_STAMP = LOCAL / "migrated"


def migrate_if_needed(environment: Mapping[str, str]) -> None:
    """Apply migrations unless this database has seen exactly these files; asking Django itself takes seconds."""
    url = environment["DATABASE_URL"]
    if _STAMP.exists() and _STAMP.read_text() == _state(url):
        return
    run_step("Updating the database's tables", manage("migrate", "--noinput"), environment)
    _STAMP.write_text(_state(url))


def _state(url: str) -> str:
    digest = hashlib.sha256((REPOSITORY / "requirements.lock").read_bytes())
    for file in _migrations():
        digest.update(f"{file.relative_to(REPOSITORY)}\0".encode() + file.read_bytes())
    return f"{digest.hexdigest()} {_applied(url)}"


def _migrations() -> list[Path]:
    """The files, with the list of built-in roles, which migrating brings up to date too."""
    roots = [entry for entry in REPOSITORY.iterdir() if (entry / "__init__.py").exists()]
    files = [file for root in roots for file in root.rglob("migrations/*.py")]
    return sorted([*files, REPOSITORY / "tenants" / "permissions.py"])


def _applied(url: str) -> str:
    """The migrations that the database itself remembers."""
    with psycopg.connect(url) as connection:
        if connection.execute("SELECT to_regclass('django_migrations')").fetchone() == (None,):
            return "none"
        rows = connection.execute("SELECT app, name FROM django_migrations ORDER BY app, name").fetchall()
    return hashlib.sha256(repr((url, rows)).encode()).hexdigest()

"""Collecting static files, when there is something to collect."""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

from cloudportal.setup.children import manage
from cloudportal.setup.places import REPOSITORY
from cloudportal.setup.steps import run_step

STATIC = REPOSITORY / "static"
_IGNORED = ("node_modules", "package*.json")


def collect_if_changed(environment: Mapping[str, str]) -> None:
    """Bring STATIC_ROOT up to date; takes seconds, so only when a file or a package differs from the last time."""
    root = Path(environment.get("STATIC_ROOT") or REPOSITORY / ".static")
    stamp = root / ".collected"
    state = _state()
    if stamp.exists() and stamp.read_text() == state:
        return
    ignored = [argument for pattern in _IGNORED for argument in ("--ignore", pattern)]
    run_step("Collecting static files", manage("collectstatic", "--noinput", "--clear", *ignored), environment)
    stamp.write_text(state)


def _state() -> str:
    digest = hashlib.sha256((REPOSITORY / "requirements.lock").read_bytes())
    for directory, subdirectories, files in os.walk(STATIC):
        subdirectories[:] = sorted(set(subdirectories) - {"node_modules"})
        for name in sorted(files):
            facts = os.stat(os.path.join(directory, name))
            digest.update(f"{directory}/{name} {facts.st_size} {facts.st_mtime_ns}\n".encode())
    return digest.hexdigest()

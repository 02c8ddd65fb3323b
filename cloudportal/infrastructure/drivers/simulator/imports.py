"""Where the bytes of an import are while it is under way: a file beside the world's, one for each import."""

from __future__ import annotations

from pathlib import Path


def import_file(world: Path, pool: str, template: str, token: str) -> Path:
    return world.with_name(f"{world.name}-imports") / f"{pool}-{template}-{token}"

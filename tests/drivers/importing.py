"""Bringing a template into a pool, as the workflow does it."""

from __future__ import annotations

from uuid import uuid4

import pytest

from cloudportal.infrastructure.drivers.errors import Unsupported
from storage.backends.base import StorageBackend, TemplateSpec

PIECE = 1 << 20


def bring_in(storage: StorageBackend, spec: TemplateSpec, data: bytes) -> None:
    """Skips the test on an engine that takes no images."""
    token = begun(storage, spec)
    for start in range(0, len(data), PIECE):
        storage.write_import(spec, token, start, data[start : start + PIECE])
    storage.finish_import(spec, token)


def begun(storage: StorageBackend, spec: TemplateSpec) -> str:
    """An import without a piece in it, by its token; skips the test on an engine that takes no images."""
    token = uuid4().hex
    assert storage.begin_import(spec, token)
    try:
        storage.write_import(spec, token, 0, b"")
    except Unsupported as error:
        storage.delete_template(spec.uuid)
        pytest.skip(str(error))
    return token

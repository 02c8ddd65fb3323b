"""Copying a template from secondary to primary storage, for the first volume there that is cloned from it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import BinaryIO

from cloudportal.core.driver_errors import Fatal
from cloudportal.jobs import failpoints
from cloudportal.jobs.run import Run
from cloudportal.jobs.workflow import Wait, Workflow
from storage.backends.base import StorageBackend, TemplateSpec
from storage.engines import backend_of, import_token, template_file, template_spec
from storage.models import TemplateCopy
from storage.states import TEMPLATE_COPY

COPY_TEMPLATE = Workflow("storage.copy_template", "Copy template", move=TEMPLATE_COPY.copy, cancellable=False)

HOURS = 3600
# A step must not hold its worker for longer; the rest comes in the next turn.
TURN_SECONDS = 15
RECORD_SECONDS = 3.0
# Pieces grow while the engine takes them quickly, so that neither a slow one nor a fast one waits for us.
SMALLEST_PIECE, LARGEST_PIECE = 1 << 20, 1 << 25
QUICK_SECONDS, SLOW_SECONDS = 0.5, 2.0
PROOF_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class Copying:
    """One turn at a copy: from where, to where, and under which name there."""

    run: Run[TemplateCopy]
    backend: StorageBackend
    spec: TemplateSpec
    token: str
    file: BinaryIO

    def piece(self, offset: int, length: int) -> bytes:
        self.file.seek(offset)
        return self.file.read(length)


@COPY_TEMPLATE.step("Copy the image to primary storage", deadline_seconds=6 * HOURS, tries=20)
def copy_image(run: Run[TemplateCopy]) -> Wait | None:
    copy = run.resource
    backend, spec, path = backend_of(copy.pool), template_spec(copy.template), template_file(copy.template)
    if backend.has_template(spec.uuid):
        return None
    if not path.exists() or path.stat().st_size != spec.size_bytes:
        raise Fatal(f"The image of template {copy.template} in secondary storage is missing or not whole.")
    with path.open("rb") as file:
        copying = Copying(run, backend, spec, import_token(run.job), file)
        reached = _write_pieces(copying, _where_to_go_on(copying))
    if reached < spec.size_bytes:
        return Wait(0.1, _so_far(reached, spec))
    backend.finish_import(spec, copying.token)
    return None


def _where_to_go_on(copying: Copying) -> int:
    """What an earlier turn recorded, if what it wrote is still there.

    A host that loses power loses what it had not brought to its disk yet, the newest first. So the last bytes that
    are not zeros are compared with the image; zeros that were lost are zeros still.
    """
    if copying.backend.begin_import(copying.spec, copying.token):
        return 0
    recorded = copying.run.reference
    offset, proof = int(recorded.get("offset", 0)), int(recorded.get("proof", 0))
    start = max(0, proof - PROOF_BYTES)
    if not proof or _is_there(copying, start, proof - start):
        return offset
    copying.run.log("The pool has lost what had been copied; copying it again.", "warning")
    return 0


def _is_there(copying: Copying, offset: int, length: int) -> bool:
    found = copying.backend.read_import(copying.spec, copying.token, offset, length)
    return found == copying.piece(offset, length)


def _write_pieces(copying: Copying, offset: int) -> int:
    """As many as a turn has time for; returns how far it came."""
    run, total = copying.run, copying.spec.size_bytes
    begun = recorded = time.monotonic()
    size, proof = SMALLEST_PIECE, int(run.reference.get("proof", 0)) if offset else 0
    while offset < total:
        run.checkpoint()
        started = time.monotonic()
        piece = copying.piece(offset, size)
        copying.backend.write_import(copying.spec, copying.token, offset, piece)
        if meant := piece.rstrip(b"\0"):
            proof = offset + len(meant)
        offset += len(piece)
        failpoints.reach(f"{run.job.kind}/copy_image/piece")
        run.progress(100 * offset // total, _so_far(offset, copying.spec))
        now = time.monotonic()
        is_over = now - begun > TURN_SECONDS
        if is_over or now - recorded > RECORD_SECONDS:
            run.record(offset=offset, proof=proof)
            recorded = now
        if is_over:
            break
        size = _next_size(size, now - started)
    return offset


def _so_far(offset: int, spec: TemplateSpec) -> str:
    return f"{offset >> 20} of {spec.size_bytes >> 20} MiB"


def _next_size(size: int, seconds: float) -> int:
    if seconds > SLOW_SECONDS:
        return max(SMALLEST_PIECE, size // 2)
    return min(LARGEST_PIECE, size * 2) if seconds < QUICK_SECONDS else size


@copy_image.undo
def remove_copy(run: Run[TemplateCopy]) -> None:
    backend_of(run.resource.pool).delete_template(run.resource.template.uuid)

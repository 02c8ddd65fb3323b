"""Bringing a template into secondary storage."""

from __future__ import annotations

import time
from pathlib import Path
from typing import BinaryIO

import httpx
from django.db import transaction

from cloudportal.core.configuration import value_of
from cloudportal.core.driver_errors import Fatal, Retryable
from cloudportal.jobs.run import Run
from cloudportal.jobs.workflow import Wait, Workflow
from storage.engines import examination_of, incoming_file, template_file
from storage.examination import Examination
from storage.fetching import opened
from storage.images import ImageFacts, inspect
from storage.models import Template
from storage.settings import TEMPLATE_LARGEST_BYTES
from storage.states import TEMPLATE
from storage.stores import measure_store
from storage.usage import emit_template
from tenants import limits
from tenants.resources import RESOURCES

REGISTER_TEMPLATE = Workflow("storage.register_template", "Register template", move=TEMPLATE.register, at_own_risk=True)

# A step must not hold its worker for longer; the rest of a large file comes in the next turn, if the server can.
TURN_SECONDS = 15
# From a server that can't go on in the middle. The queue would kill the worker somewhat later.
WHOLE_SECONDS = 600
LOOK_SECONDS = 1.0
HOURS = 3600
# An image of up to this size is examined by the worker itself: in about as long as it takes to start a process.
SMALL_BYTES = 64 << 20
FIRST_LOOK_SECONDS = 3.0
BETWEEN_LOOKS_SECONDS = 2.0
MOST_BEGINNINGS = 10


@REGISTER_TEMPLATE.step("Fetch the image", deadline_seconds=6 * HOURS)
def fetch(run: Run[Template]) -> Wait | None:
    template = run.resource
    target = incoming_file(template.store, template)
    if not template.source_url:
        if target.exists() or template_file(template).exists():
            return None
        raise Fatal("The uploaded file is gone.")
    target.parent.mkdir(parents=True, exist_ok=True)
    offset = target.stat().st_size if target.exists() else 0
    room = limits.room(template.account, "secondary_bytes")
    with opened(template.source_url, offset) as response:
        if response.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
            return _nothing_more(response, target, offset)
        return _receive(run, response, target, offset, room)


def _nothing_more(response: httpx.Response, target: Path, offset: int) -> Wait | None:
    """The file is here in full, from a worker that died before it could say so; or it is another file by now."""
    if not offset:
        raise Fatal("The server answered 416.")
    if response.headers.get("content-range", "").strip() == f"bytes */{offset}":
        return None
    target.unlink()
    return Wait(0.1, "Fetching the image from the start")


def _receive(run: Run[Template], response: httpx.Response, target: Path, offset: int, room: int | None) -> Wait | None:
    resumed = response.status_code == httpx.codes.PARTIAL_CONTENT
    if resumed and not response.headers.get("content-range", "").strip().startswith(f"bytes {offset}-"):
        raise Fatal("The server sent another part of the file than it was asked for.")
    start = offset if resumed else 0
    total = start + int(response.headers.get("content-length") or 0)
    may_pause = resumed or response.headers.get("accept-ranges") == "bytes"
    with target.open("ab" if resumed else "wb") as file:
        try:
            if _write_blocks(run, response, file, total, may_pause, room):
                return Wait(0.1, "Fetching the image")
        except httpx.TransportError as error:
            raise Retryable(f"The transfer broke off: {error}.") from error
        if total > start and file.tell() != total:
            raise Retryable(f"The transfer ended after {file.tell()} of {total} bytes.")
    return None


def _write_blocks(
    run: Run[Template], response: httpx.Response, file: BinaryIO, total: int, may_pause: bool, room: int | None
) -> bool:
    """True when there is more to come, in another turn."""
    begun = looked = time.monotonic()
    template = run.resource
    largest = value_of(TEMPLATE_LARGEST_BYTES, template.account, template.store.zone)
    # As the blocks come: waiting for full ones, a server that drips would hold the worker for days.
    for block in response.iter_raw():
        file.write(block)
        _refuse_large(max(file.tell(), total), largest, room)
        now = time.monotonic()
        if now - looked < LOOK_SECONDS:
            continue
        looked = now
        _look(run, file.tell(), total)
        if may_pause and now - begun > TURN_SECONDS:
            return True
        if now - begun > WHOLE_SECONDS:
            raise Fatal(f"The server can't resume a transfer, and {WHOLE_SECONDS // 60} minutes were not enough.")
    return False


def _refuse_large(size: int, largest: int, room: int | None) -> None:
    """Early, before a file comes for which there is no room. The last word is spoken when it is here."""
    if room is not None and size > room:
        resource = RESOURCES["secondary_bytes"]
        raise Fatal(f"The image is too large for the account: {resource.number(room)} {resource.many} are left.")
    if size > largest:
        raise Fatal(f"The image is larger than {largest >> 30} GiB.")


def _look(run: Run[Template], received: int, total: int) -> None:
    run.checkpoint()
    if total:
        run.progress(80 * received // total, f"Fetching the image: {received >> 20} of {total >> 20} MiB")


@fetch.undo
def discard(run: Run[Template]) -> None:
    template = run.resource
    incoming_file(template.store, template).unlink(missing_ok=True)


@REGISTER_TEMPLATE.step("Check the image", deadline_seconds=6 * HOURS)
def check(run: Run[Template]) -> Wait | None:
    template = run.resource
    examination, final = examination_of(template), template_file(template)
    facts = _judge(run, examination)
    if facts is None:
        return Wait(BETWEEN_LOOKS_SECONDS, _how_far(run, examination))
    if examination.image != final:
        final.parent.mkdir(parents=True, exist_ok=True)
        examination.image.replace(final)
    run.job.result = {"size_bytes": facts.size_bytes, "checksum": facts.checksum}
    with transaction.atomic():
        # An upload was counted by the service; of what was fetched the length is certain only now.
        if Template.objects.filter(pk=template.pk, file_bytes=0).update(file_bytes=facts.file_bytes):
            limits.reserve(template.account, secondary_bytes=facts.file_bytes)
        Template.objects.filter(pk=template.pk).update(size_bytes=facts.size_bytes, checksum=facts.checksum)
    examination.forget()
    return None


def _judge(run: Run[Template], examination: Examination) -> ImageFacts | None:
    """Small images at once, large ones in a process that no worker waits for; None while it is at work."""
    if examination.image.stat().st_size <= SMALL_BYTES:
        return inspect(examination.image, examination.format, examination.checksum)
    examination.want()
    facts = examination.verdict()
    if facts is None and not examination.is_at_work():
        _begin(run, examination)
        return _first_look(examination)
    return facts


def _begin(run: Run[Template], examination: Examination) -> None:
    begun = run.reference.get("begun", 0)
    if begun >= MOST_BEGINNINGS:
        raise Fatal(f"The image can't be examined: that was begun {begun} times and never came to its end.")
    run.record(begun=begun + 1)
    examination.begin()


def _first_look(examination: Examination) -> ImageFacts | None:
    """It may be over in a moment, and then nobody has to come again."""
    end = time.monotonic() + FIRST_LOOK_SECONDS
    facts = None
    while facts is None and time.monotonic() < end:
        time.sleep(LOOK_SECONDS / 20)
        facts = examination.verdict()
    return facts


def _how_far(run: Run[Template], examination: Examination) -> str:
    read, total = examination.read_bytes(), examination.image.stat().st_size
    words = f"Checking the image: {read >> 20} of {total >> 20} MiB"
    run.progress(80 + 15 * read // total, words)
    return words


@check.undo
def remove_file(run: Run[Template]) -> None:
    examination_of(run.resource).forget()
    template_file(run.resource).unlink(missing_ok=True)


@REGISTER_TEMPLATE.give_up
def release(run: Run[Template]) -> None:
    template = run.refresh()
    limits.release(template.account_id, **limits.stop_counting(template))


@REGISTER_TEMPLATE.finish
def meter(run: Run[Template]) -> None:
    template = run.refresh()
    measure_store(template.store)
    emit_template(template, held=True)

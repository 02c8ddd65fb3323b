"""``Prefer: wait=N`` (RFC 7240, 4.3): an answer that comes when the job is over."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.conf import settings

from cloudportal.doors.api.requests import Request
from cloudportal.jobs.models import Job

LONGEST = 60
LOOK_SECONDS = (0.03, 0.05, 0.1, 0.25)
APPLIED = "Preference-Applied"
_WAIT = re.compile(r"\s*wait\s*=\s*\"?(\d{1,6})\"?\s*", re.ASCII | re.IGNORECASE)
_places = threading.BoundedSemaphore(settings.API_WAITERS)


def wanted_seconds(request: Request) -> int:
    """How long the client would wait for a job, bounded; 0 when it says nothing."""
    for preference in re.split("[,;]", request.headers.get("Prefer", "")):
        if match := _WAIT.fullmatch(preference):
            return min(int(match[1]), LONGEST)
    return 0


@contextmanager
def a_place() -> Iterator[bool]:
    """One of the few places to wait in, as each holds a thread that could serve others; false when all are taken."""
    got = _places.acquire(blocking=False)
    try:
        yield got
    finally:
        if got:
            _places.release()


def job_when_over(uuid: Any, seconds: float) -> Job | None:
    """The job once it is over; None when it is not in time. No transaction is held meanwhile."""
    end = time.monotonic() + seconds
    looks = 0
    while True:
        job = Job.objects.filter(uuid=UUID(str(uuid))).first()
        if job is None or job.is_over:
            return job
        left = end - time.monotonic()
        if left <= 0:
            return None
        time.sleep(min(left, LOOK_SECONDS[min(looks // 8, len(LOOK_SECONDS) - 1)]))
        looks += 1

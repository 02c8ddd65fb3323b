"""A server that templates are fetched from, and how fetching ends."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from cloudportal.core.models import UsageEvent
from cloudportal.jobs.models import Job
from storage.engines import incoming_file, template_file
from storage.services.templates import register_template
from tenants.actor import Actor
from tenants.models import Account
from tests import factories
from tests.factories import MIB, Cloud

IMAGE = factories.raw_image(3 * MIB).getvalue()
SUM = f"sha256:{hashlib.sha256(IMAGE).hexdigest()}"


@dataclass
class Mirror:
    """A web server on the loopback interface, which may behave badly."""

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    redirects: dict[str, str] = field(default_factory=dict)
    cut_after: int = 0
    ranges: bool = True
    asked: list[tuple[str, str]] = field(default_factory=list)


def handler(mirror: Mirror) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = self.headers.get("Range", "")
            mirror.asked.append((self.path, asked))
            if self.path in mirror.redirects:
                self.send_response(302)
                self.send_header("Location", mirror.redirects[self.path])
                self.end_headers()
                return
            if self.path not in mirror.files:
                self.send_error(404)
                return
            self._send(
                mirror.files[self.path], int(asked.removeprefix("bytes=").rstrip("-") or 0) if mirror.ranges else 0
            )

        def _send(self, body: bytes, offset: int) -> None:
            if offset >= len(body):
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(body)}")
                self.end_headers()
                return
            self.send_response(206 if offset else 200)
            if mirror.ranges:
                self.send_header("Accept-Ranges", "bytes")
            if offset:
                self.send_header("Content-Range", f"bytes {offset}-{len(body) - 1}/{len(body)}")
            self.send_header("Content-Length", str(len(body) - offset))
            self.end_headers()
            end = len(body)
            if mirror.cut_after:
                end, mirror.cut_after = offset + mirror.cut_after, 0
            self.wfile.write(body[offset:end])

        def log_message(self, *_args: object) -> None:
            """Nobody reads it."""

    return Handler


def owner_of(actor: Actor) -> Account:
    return Account.objects.get(pk=actor.account_id)


def register(actor: Actor, cloud: Cloud, url: str, **more: Any) -> Job:
    fields = {"name": "fetched", "format": "raw"} | more
    return register_template(actor, account=owner_of(actor), zone=cloud.zone, url=url, **fields)


def failed_without_a_trace(job: Job, words: str) -> None:
    job.refresh_from_db()
    assert job.state == "failed"
    assert words in job.error
    template = job.resource
    assert template.state == "Error"
    assert not template_file(template).exists()
    assert not incoming_file(template.store, template).exists()
    assert not UsageEvent.objects.filter(resource_uuid=template.uuid).exists()

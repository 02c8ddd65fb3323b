"""Somebody who is told of events."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cloudportal.core import events
from cloudportal.jobs.services import start
from tenants.actor import SYSTEM
from tenants.models import Account
from tenants.workflows import DISPATCH_EVENTS
from tests.conftest import RunJobs


class Receiver:
    """An HTTP server that keeps what it gets, and answers as it is told."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[tuple[int, bytes]] = []
        self.location = ""
        self.drip = False
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.got.append((dict(self.headers), body))
                status, text = outer.answers.pop(0) if outer.answers else (204, b"")
                if outer.drip:
                    outer._drip(self)
                    return
                self.send_response(status)
                if outer.location:
                    self.send_header("Location", outer.location)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_: Any) -> None:
                """Not into the output of the tests."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def _drip(self, handler: BaseHTTPRequestHandler) -> None:
        try:
            for _ in range(200):
                handler.wfile.write(b"X")
                handler.wfile.flush()
                time.sleep(0.1)
        except OSError:
            return

    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _headers, body in self.got]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def tell(home: Account, *actions: str, level: str = "info", **details: Any) -> None:
    for action in actions:
        events.record(SYSTEM, action, f"{action} happened.", account_id=home.pk, level=level, **details)


def dispatch(run_jobs: RunJobs) -> None:
    start(SYSTEM, DISPATCH_EVENTS)
    run_jobs()

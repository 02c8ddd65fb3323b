"""The command on a terminal of somebody who has used it never before."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tenants.actor import Actor, actor_of
from tenants.models import User
from tenants.services.api_keys import create_api_key
from tests.factories import unique

REPOSITORY = Path(__file__).resolve().parents[2]
# What the portal is made of, and a client has not installed.
ABSENT = (
    "django",
    "psycopg",
    "rest_framework",
    "guardian",
    "django_q",
    "orjson",
    "structlog",
    "cryptography",
    "libvirt",
)


@dataclass(frozen=True, slots=True)
class Answer:
    code: int
    out: str
    err: str


class Shell:
    """Runs the command in a process that can import nothing of the portal's, with a home of its own."""

    def __init__(self, home: Path, url: str = "") -> None:
        self.url = url
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CLOUDPORTAL_")}
        self.environment = kept | {
            "HOME": str(home), "XDG_CONFIG_HOME": str(home / "config"), "XDG_CACHE_HOME": str(home / "cache"),
            "TERM": "dumb", "COLUMNS": "200",
        }  # fmt: skip

    def __call__(self, *words: str, **environment: str) -> Answer:
        process = self.begin(*words, **environment)
        out, err = process.communicate(timeout=60)
        return Answer(process.returncode, out, err)

    def begin(self, *words: str, **environment: str) -> subprocess.Popen[str]:
        code = (
            f"import sys; sys.modules.update(dict.fromkeys({ABSENT!r})); from cloudportal.cli.main import main; main()"
        )
        return subprocess.Popen(
            [sys.executable, "-c", code, *words],
            cwd=REPOSITORY, env=self.environment | environment, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path / "home")


@pytest.fixture
def signed_in(shell: Shell, live_server: Any, tenant: Actor) -> Shell:
    """The tenant's shell, after logging in to a real server."""
    shell.url = live_server.url
    answer = shell("login", live_server.url, CLOUDPORTAL_API_KEY=key_of(tenant))
    assert answer.code == 0, answer.err
    return shell


def key_of(actor: Actor) -> str:
    user = User.objects.get(pk=actor.user_id)
    return create_api_key(actor_of(user), user=user, name=unique("key"))[1]


Reply = Callable[[BaseHTTPRequestHandler], tuple[int, dict[str, str], bytes]]


@pytest.fixture
def strange_portal() -> Iterator[Callable[[Reply], str]]:
    """A server on loopback that answers as the test says; returns its address."""
    servers: list[ThreadingHTTPServer] = []

    def serve(reply: Reply) -> str:
        class Handler(BaseHTTPRequestHandler):
            def _answer(self) -> None:
                status, headers, body = reply(self)
                self.send_response(status)
                for name, value in ({"Content-Length": str(len(body))} | headers).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = _answer  # noqa: N815 - the library's names

            def log_message(self, *_words: object) -> None:
                """Nobody reads it."""

        servers.append(ThreadingHTTPServer(("127.0.0.1", 0), Handler))
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_port}"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()

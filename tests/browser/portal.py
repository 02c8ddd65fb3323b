"""A whole portal of its own, as `make run` starts it, for browsers to click in."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cloudportal.lab import Lab

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 150
# What the test run has set for itself; a newcomer's environment has none of it.
OF_TESTS = {"DATABASE_URL", "SECRET_KEY", "FIELD_KEYS", "DEBUG", "STATIC_MANIFEST", "ALLOWED_HOSTS", "EMAIL_URL"}


@dataclass(frozen=True, slots=True)
class Portal:
    """A running portal; `facts` is what it wrote into demo.json."""

    process: subprocess.Popen[bytes]
    state: Path
    facts: dict[str, Any]

    @property
    def url(self) -> str:
        return str(self.facts["url"]).rstrip("/")

    @property
    def lab(self) -> Lab:
        """The lab that carries its zone, looked at from outside."""
        return Lab(self.state / "lab", owner=None)

    def api(self, who: str = "tenant") -> dict[str, str]:
        """The headers of somebody's script."""
        return {"Authorization": f"Bearer {self.facts[who]['api_key']}"}

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)
        self.process.wait(60)


def start_portal(state: Path) -> Portal:
    """`make run` behind its set-up, with data, database and lab below `state`; returns when it serves.

    Raises:
        AssertionError: it ended, or does not serve in time.
    """
    cached = ROOT / ".local" / "cache"
    if cached.exists():
        shutil.copytree(cached, state / "cache")
    environment = {name: value for name, value in os.environ.items() if name not in OF_TESTS}
    environment |= {"CLOUDPORTAL_STATE_DIR": str(state), "PORT": str(free_port()), "HOST": "127.0.0.1"}
    log = state / "run.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "cloudportal.setup.run"], cwd=ROOT, env=environment, stdout=output, stderr=output
        )
    end = time.monotonic() + START_SECONDS
    while b"Ctrl-C stops" not in log.read_bytes():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < end, log.read_text()
        time.sleep(0.2)
    return Portal(process, state, json.loads((state / "demo.json").read_text()))


def free_port() -> int:
    """A port with a free one after it, for the live process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
